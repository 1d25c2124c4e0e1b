// After the last host: records folded and handed to the exporters, the run document, the history and the delta.
#pragma once
#include "engine/export_instance.hpp"
#include "engine/run.hpp"

namespace sonde::core {

class Publisher {
 public:
  explicit Publisher(const Plan& plan);
  ~Publisher();
  /// Creates the exporters and checks that their directories can be written: before the first packet.
  Result<void> prepare();
  /// Writes everything; what fails is told in `result` and does not keep the rest from being written.
  void publish(RunResult& result);

 private:
  void compare_with_history(RunResult&, const std::vector<Value>& records);
  void write_history(RunResult&, const std::vector<Value>& records);
  void write_run_document(RunResult&);

  const Plan& plan_;
  FoldContext context_;
  ExportFields fields_;
  Documents documents_;
  std::vector<std::unique_ptr<ExportInstance>> outputs_;
};

}  // namespace sonde::core
