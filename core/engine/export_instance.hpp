// One instance of an exporter: records as tasks, read field by field.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "inventory/record.hpp"
#include "inventory/run_document.hpp"
#include "plan/plan.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

/// The fields that a run can fill, as exporters are told of them: "ip" first, then in the order of the table.
struct ExportFields {
  explicit ExportFields(const Plan&);
  std::vector<FieldId> ids;
  std::vector<sonde_field> raw;  ///< points into the plan's field table
};

/// The documents that exporters may ask for in close().
struct Documents {
  const RunDocument* of = nullptr;   ///< once it is complete
  std::string run, coverage, delta;  ///< JSON, made when somebody asks
  const std::string* find(std::string_view name);
};

class ExportInstance final : public HostCalls {
 public:
  ExportInstance(const Plan&, const OutputPlan&, const ExportFields&, Documents&);
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
  Result<void> check(sonde_err, const char* step);

  const Plan& plan_;
  const OutputPlan& output_;
  const ExportFields& fields_;
  Documents& documents_;
  sonde_inst* instance_ = nullptr;
  std::span<const FoldedRecord* const> records_;
  uint64_t serial_ = 0;
  std::string zoned_ip_;
  std::vector<std::string> messages_;
};

}  // namespace sonde::core
