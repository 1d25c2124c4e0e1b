// One instance of an exporter: records as tasks, read field by field.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inventory/record.hpp"
#include "inventory/run_document.hpp"
#include "plan/plan.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

/// The fields as an exporter is told of them: those that the run can fill, "ip" first, then in the order of the table;
/// behind them what else its option "columns" names. So every column is a field to it, and none can surprise it in
/// open(), after the last host.
struct ExportFields {
  ExportFields(const FieldTable&, const std::vector<FieldId>& filled, const std::vector<ColumnPlan>& columns);
  struct One {
    FieldId id = no_field;
    std::string_view part;  ///< of a map or a JSON object; empty: the whole field
    bool map = false;       ///< whether it is a part of a map
  };
  std::vector<One> all;
  std::vector<sonde_field> raw;  ///< points into the field table and the columns
};

/// The documents that exporters may ask for in close().
struct Documents {
  const RunDocument* of = nullptr;   ///< once it is complete
  std::string run, coverage, delta;  ///< JSON, made when somebody asks
  const std::string* find(std::string_view name);
};

class ExportInstance final : public HostCalls {
 public:
  /// `filled`: the fields that the run can fill.
  ExportInstance(const OutputPlan&, const FieldTable&, const std::vector<FieldId>& filled, Documents&);
  ~ExportInstance();
  Result<void> create();
  Result<void> open();
  Result<void> write(std::span<const FoldedRecord* const> records);
  Result<void> close(bool commit);
  const OutputPlan& output() const { return output_; }

  void log(sonde_task, int level, std::string_view message) override;
  uint32_t count(sonde_task, uint32_t field) override;
  sonde_err get(sonde_task, uint32_t field, uint32_t item, sonde_str* key, sonde_value* out) override;
  sonde_err document(std::string_view name, sonde_str* out) override;
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  const FoldedField* find(sonde_task, uint32_t field) const;
  const Scalar* part_of(sonde_task, uint32_t field);
  Result<void> check(sonde_err, const char* step);

  const OutputPlan& output_;
  const ExportFields fields_;
  Documents& documents_;
  sonde_inst* instance_ = nullptr;
  std::span<const FoldedRecord* const> records_;
  uint64_t serial_ = 0;
  std::string zoned_ip_;
  /// Members of JSON objects that were asked for; the exporter's views of them live as long as its batch.
  std::map<std::pair<sonde_task, uint32_t>, std::optional<Scalar>> members_;
  std::vector<std::string> messages_;
};

}  // namespace sonde::core
