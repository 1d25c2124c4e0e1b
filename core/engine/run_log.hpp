// What a run does, in lines for --log-level debug: its stages from their begin to their end, how their targets ended
// and why in error, and at which rate packets leave.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/outbox.hpp"
#include "engine/run.hpp"
#include "engine/run_shared.hpp"

namespace sonde::core {

class RunLog {
 public:
  /// Both must outlive it. Below SONDE_LOG_DEBUG it tells nothing.
  RunLog(const RunShared&, const RunRequest&);

  /// `settled_before`: targets that earlier parts of a resumed run have settled.
  void begin(uint64_t settled_before);
  /// Reasons of a stage's errors, with their counts.
  using Reasons = std::map<std::string, uint64_t>;
  /// Now and then. Counters and reasons are by stage, `elapsed` is ns since the begin. `last`: nothing comes after it.
  void look(const std::vector<StageCounters>&, const std::vector<Reasons>&, int64_t elapsed, bool last);

 private:
  enum class Told : uint8_t { nothing, begin, end };
  void look_at_stage(std::size_t stage, const StageCounters&, const Reasons&, int64_t elapsed, bool last);
  void look_at_rate(int64_t elapsed, bool last);
  void tell(const std::string& line) const;

  const RunShared& shared_;
  const RunRequest& request_;
  const bool wanted_;
  uint64_t to_do_ = 0;      ///< targets of this part
  std::vector<Told> told_;  ///< by stage
  int64_t rate_told_at_ = 0;
  uint64_t packets_then_ = 0;
};

}  // namespace sonde::core
