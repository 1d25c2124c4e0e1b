#include "plan/source_quota.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::core {

std::optional<QuotaExcess> SourceQuota::add(uint64_t targets, uint64_t outside) {
  kept_ += targets - outside;
  outside_ += outside;
  if (limit_ == 0) return std::nullopt;
  const uint64_t most_outside = std::max(limit_, least_outside);
  if (outside_ > most_outside)
    return QuotaExcess{fmt::format("has more than {} targets outside the allowed networks", most_outside),
                       "let it list fewer, or allow their network"};
  if (kept_ > limit_)
    return QuotaExcess{fmt::format("has more than {} targets", limit_), "scan fewer, or raise limits.max_targets"};
  return std::nullopt;
}

}  // namespace sonde::core
