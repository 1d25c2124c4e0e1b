// The rates of a run; see rate_history.hpp.
#include "engine/rate_history.hpp"

#include <algorithm>

namespace sonde::core {

RateHistory::RateHistory(int64_t start, uint64_t free_rate) : free_rate_(free_rate), regimes_{{start, free_rate}} {}

void RateHistory::fell_to(uint64_t rate, int64_t now) {
  since_the_fall_ = {{now, rate}};
  begin(rate, now);
}

void RateHistory::grew_to(uint64_t rate, int64_t now) {
  since_the_fall_.push_back({now, rate});
  begin(rate, now);
}

void RateHistory::set_free(int64_t now) {
  since_the_fall_.clear();
  begin(free_rate_, now);
}

void RateHistory::begin(uint64_t rate, int64_t now) {
  if (regimes_.size() == regimes_kept) join_the_most_alike();
  regimes_.push_back({now, std::min(rate, free_rate_)});
}

// The first one stays by itself: what was lost when the run was free is what all else is compared with.
void RateHistory::join_the_most_alike() {
  const auto ratio = [this](std::size_t i) {
    const auto [low, high] = std::minmax(regimes_[i - 1].permitted, regimes_[i].permitted);
    return static_cast<double>(high) / static_cast<double>(std::max<uint64_t>(low, 1));
  };
  std::size_t closest = 2;
  for (std::size_t i = 3; i < regimes_.size(); ++i)
    if (ratio(i) < ratio(closest)) closest = i;
  regimes_[closest - 1].permitted = std::max(regimes_[closest - 1].permitted, regimes_[closest].permitted);
  regimes_.erase(regimes_.begin() + static_cast<std::ptrdiff_t>(closest));
}

int64_t RateHistory::faster_since(uint64_t rate, int64_t otherwise) const {
  constexpr double about = 0.98;
  for (const Regime& r : since_the_fall_)
    if (static_cast<double>(r.permitted) > about * static_cast<double>(rate)) return std::min(r.from, otherwise);
  return otherwise;
}

}  // namespace sonde::core
