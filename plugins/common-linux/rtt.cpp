// The estimate of round trips.
#include "common-linux/rtt.hpp"

#include <algorithm>
#include <cstdlib>

namespace sonde::net {

void RttEstimate::add(int64_t ns) {
  if (samples_ == 0) {
    mean_ = ns;
    deviation_ = ns / 2;
  } else {
    const int64_t difference = ns - mean_;
    deviation_ += (std::llabs(difference) - deviation_) / 4;
    mean_ += difference / 8;
  }
  if (samples_ < enough) ++samples_;
}

int64_t RttEstimate::longest() const {
  return known() ? longest_so_far() : 0;
}

int64_t RttEstimate::longest_so_far() const {
  constexpr int64_t least = 10'000'000;  // this machine has other work as well
  return samples_ > 0 ? std::max(least, mean_ + 4 * deviation_) : 0;
}

int64_t RttEstimate::spacing(int64_t interval, int64_t timeout) const {
  return std::max(interval, std::min(longest(), timeout));
}

int64_t RttEstimate::adaptive_wait(int64_t timeout) const {
  constexpr int64_t least = 100'000'000;  // one slow host among many fast ones is worth that much
  if (!known()) return timeout;
  return std::min(timeout, std::max(least, 4 * longest()));
}

}  // namespace sonde::net
