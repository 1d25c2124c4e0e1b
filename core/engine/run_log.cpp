// Lines out of counters that the coordinator has anyway.
#include "engine/run_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/text.hpp"

namespace sonde::core {

namespace {
constexpr int64_t second = 1'000'000'000;
constexpr int64_t rate_every = 5 * second;

std::string seconds(int64_t ns) {
  return fmt::format("{:.1f}s", static_cast<double>(ns) / static_cast<double>(second));
}

uint64_t sum(const OutcomeCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

uint64_t of(const OutcomeCounts& counts, Outcome o) {
  return counts[static_cast<std::size_t>(o)];
}

/// "3 positive, 250 no answer, 1 skipped: when".
std::string outcomes_text(const OutcomeCounts& counts) {
  std::string out;
  for (std::size_t i = 0; i <= last_outcome; ++i)
    if (counts[i] != 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", counts[i], to_string(static_cast<Outcome>(i)));
  return out.empty() ? "no target came to it" : out;
}

std::string permitted_text(uint64_t set, uint64_t now) {
  if (now != 0) return fmt::format("{} permitted, slowed down by losses", now);
  return set == 0 ? std::string("unlimited") : fmt::format("{} permitted", set);
}
}  // namespace

RunLog::RunLog(const RunShared& shared, const RunRequest& request)
    : shared_(shared),
      request_(request),
      wanted_(request.on_note && request.log_level >= SONDE_LOG_DEBUG),
      told_(shared.plan.stages.size(), Told::nothing) {}

void RunLog::tell(const std::string& line) const {
  request_.on_note(SONDE_LOG_DEBUG, line);
}

void RunLog::begin(uint64_t settled_before) {
  if (!wanted_) return;
  const Plan& plan = shared_.plan;
  to_do_ = plan.slice.count - std::min(plan.slice.count, settled_before);
  tell(fmt::format("{}{} in {}, packets a second: {}", counted(to_do_, "target"),
                   settled_before == 0 ? "" : fmt::format(" ({} settled before)", settled_before),
                   counted(shared_.shard_count, "shard"), permitted_text(plan.limits.packets_per_second, 0)));
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (!plan.stages[i].enabled || shared_.unavailable[i].empty()) continue;
    told_[i] = Told::end;
    tell("stage '" + plan.stages[i].name + "' is skipped for all: " + shared_.unavailable[i]);
  }
}

void RunLog::look(const std::vector<StageCounters>& counters, const std::vector<Reasons>& errors, int64_t elapsed,
                  bool last) {
  if (!wanted_) return;
  for (std::size_t i = 0; i < counters.size() && i < told_.size(); ++i)
    if (shared_.plan.stages[i].enabled && told_[i] != Told::end)
      look_at_stage(i, counters[i], errors[i], elapsed, last);
  look_at_rate(elapsed, last);
}

void RunLog::look_at_stage(std::size_t stage, const StageCounters& c, const Reasons& reasons, int64_t elapsed,
                           bool last) {
  const std::string name = "stage '" + shared_.plan.stages[stage].name + "'";
  uint64_t asked = c.in_flight;
  for (const Outcome o : {Outcome::positive, Outcome::negative, Outcome::no_answer, Outcome::error, Outcome::cancelled})
    asked += of(c.by_outcome, o);
  if (told_[stage] == Told::nothing && asked != 0) {
    told_[stage] = Told::begin;
    tell(fmt::format("{} begins after {}", name, seconds(elapsed)));
  }
  // Results come a little behind the counters.
  uint64_t explained = 0;
  for (const auto& reason : reasons) explained += reason.second;
  const bool done = sum(c.by_outcome) >= to_do_ && explained >= of(c.by_outcome, Outcome::error);
  if (!done && !last) return;
  told_[stage] = Told::end;
  tell(fmt::format("{} ends after {}: {}", name, seconds(elapsed), outcomes_text(c.by_outcome)));
  for (const auto& [reason, count] : reasons) tell(fmt::format("{}: {} x {}", name, count, reason));
}

void RunLog::look_at_rate(int64_t elapsed, bool last) {
  const uint64_t packets = shared_.budgets.packets.taken();
  if (last) tell(fmt::format("{} in {}", counted(packets, "packet"), seconds(elapsed)));
  const int64_t since = elapsed - rate_told_at_;
  if (last || since < rate_every) return;
  tell(fmt::format(
      "packets a second: {:.0f} in the last {}, {}",
      static_cast<double>(packets - packets_then_) * static_cast<double>(second) / static_cast<double>(since),
      seconds(since), permitted_text(shared_.plan.limits.packets_per_second, shared_.congestion.rate())));
  rate_told_at_ = elapsed;
  packets_then_ = packets;
}

}  // namespace sonde::core
