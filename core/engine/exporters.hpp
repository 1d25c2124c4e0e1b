// After the last host: records read back by address, folded and handed to the exporters, the run document, the history
// and the delta.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/export_instance.hpp"
#include "engine/run.hpp"
#include "inventory/history.hpp"

namespace sonde::core {

class Publisher {
 public:
  explicit Publisher(const Plan& plan);
  /// Of a plan that has outputs alone: how its records are folded, and which fields they may have.
  Publisher(const Plan& outputs, FoldContext context, std::vector<FieldId> filled);
  ~Publisher();
  /// Creates the exporters and checks that their directories can be written: before the first packet.
  Result<void> prepare();
  /// Creates each exporter and undoes it: what kept it from starting, by output.
  std::vector<std::optional<Diagnostic>> try_outputs();
  /// Opens the streaming outputs. After prepare(), before the first host.
  void open_streams();
  /// Hands a settled host to the streaming outputs that want it.
  void stream(const HostRecord&);
  /// Writes everything; what fails is told in `result` and does not keep the rest from being written. False when
  /// something that should be there is missing or short: the run is not complete then, and its document says so.
  bool publish(RunResult& result);

 private:
  /// Into the document: hosts with a record that some stage has not asked to the end.
  void name_partly_scanned(RunResult&);
  void compare_with_history(RunResult&);
  std::optional<HistoryEntry> write_history(RunResult&, bool whole);
  void prune(const HistoryEntry& added, RunResult&);
  Result<void> each_responding(const HostStore&, const std::function<void(const Value&)>&) const;
  bool write_run_document(RunResult&);
  std::string relative_to_output_dir(const std::string& path) const;

  const Plan& plan_;
  FoldContext context_;
  std::vector<FieldId> filled_;
  Documents documents_;
  struct Output {
    std::unique_ptr<ExportInstance> exporter;
    bool open = false;  ///< a stream that takes records
    std::optional<Diagnostic> failed;
  };
  bool write_outputs(RunResult&);
  bool tell_outputs(RunResult&);
  Result<void> write_records(const HostStore&, std::span<Output* const> outputs);
  static void write_batch(Output&, std::span<const FoldedRecord>);
  std::vector<Output> outputs_;
};

}  // namespace sonde::core
