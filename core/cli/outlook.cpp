// The plan's estimate in words, scaled to what is left of a resumed run.
#include "cli/outlook.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/progress.hpp"

namespace sonde::core::cli {
namespace {

constexpr int64_t second = 1'000'000'000, minute = 60 * second, hour = 60 * minute;
constexpr int64_t worth_a_line = 2 * minute;

template <class T>
T share(T whole, uint64_t part, uint64_t of) {
  return of == 0 ? T{0}
                 : static_cast<T>(static_cast<long double>(whole) * static_cast<long double>(part) /
                                  static_cast<long double>(of));
}

/// An estimate has no use for two numbers that are nearly one.
bool nearly_equal(uint64_t low, uint64_t high) {
  return high - low <= high / 20;
}

std::string between(int64_t low, int64_t high) {
  const bool one = nearly_equal(static_cast<uint64_t>(low), static_cast<uint64_t>(high));
  return one ? rough_duration(high) : rough_duration(low) + " to " + rough_duration(high);
}

/// What of the estimate is left, in words. A part of it is no bound: the targets that are done may have been the dear
/// ones, or the cheap ones.
std::string left_of_bound(const Estimate& e, uint64_t left, uint64_t all) {
  Estimate rest = e;
  rest.packets_at_most = share(std::max({e.packets_if_silent, e.packets_if_alive, e.packets_at_most}), left, all);
  rest.sampled = e.sampled || left != all;
  return bound_text(rest);
}

/// A limit that leaves room above the estimate, as it is written in a file.
std::string generous(int64_t duration) {
  const int64_t wanted = duration + duration / 4;
  return wanted > 2 * hour ? fmt::format("{}h", (wanted + hour - 1) / hour)
                           : fmt::format("{}m", (wanted + minute - 1) / minute);
}

}  // namespace

std::string bound_text(const Estimate& e) {
  std::string out = (e.sampled && e.packets_at_most != 0 ? "about " : "") + counted(e.packets_at_most, "packet");
  if (e.packets_at_most != 0) out += ", unless some are lost";
  if (e.not_contained.empty()) return out;
  return out + "; the answers to " + printable(join({e.not_contained.begin(), e.not_contained.end()}, ", ")) +
         " may lead to more";
}

Outlook outlook(const Plan& plan, const Estimate& e, uint64_t settled) {
  const uint64_t all = plan.slice.count, left = all - std::min(all, settled);
  const int64_t shortest = share(std::min(e.duration_if_silent, e.duration_if_alive), left, all);
  const int64_t longest = share(std::max(e.duration_if_silent, e.duration_if_alive), left, all);
  const int64_t limit = plan.limits.run_timeout;
  const bool cut = limit > 0 && longest > limit;
  Outlook out;
  if (longest >= worth_a_line || cut) {
    // Refusals cost less than silence, so there is no telling the least.
    out.line = fmt::format("{}, about {}", counted(left, "target"), between(shortest, longest));
    if (!e.decided_by.empty()) out.line += ", " + e.decided_by + " decides";
    out.line += "; at most " + left_of_bound(e, left, all);
    out.line += "\n";
  }
  if (!cut) return out;
  const uint64_t reached =
      std::max<uint64_t>(1, share(left, static_cast<uint64_t>(limit), static_cast<uint64_t>(longest)));
  const bool certain = shortest > limit;
  const uint64_t at_best = certain ? share(left, static_cast<uint64_t>(limit), static_cast<uint64_t>(shortest)) : left;
  out.warning = Diagnostic{
      "plan-run-timeout",
      fmt::format("limits.run_timeout ({}) {} this run early: {} of {} will be reached, the others not be asked",
                  format_duration(limit), certain ? "ends" : "may end",
                  certain && !nearly_equal(reached, std::max(reached, at_best))
                      ? fmt::format("about {} to {}", reached, at_best)
                  : certain ? fmt::format("about {}", reached)
                            : fmt::format("perhaps only {}", reached),
                  counted(left, "target")),
      fmt::format("write run_timeout: {} (0: no limit){}, or scan less at a time (--shard 1/{})", generous(longest),
                  e.decided_by.starts_with("limits.") ? ", raise " + e.decided_by : "",
                  std::max<int64_t>(2, (longest + limit - 1) / limit)),
      {},
      Severity::warning};
  return out;
}

}  // namespace sonde::core::cli
