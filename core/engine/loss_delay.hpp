// How late losses are reported at present. That a packet arrived is known at once; that it was lost only when a later
// try is answered. So of packets that are younger than this a part may yet turn out to be lost.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sonde::core {

class LossDelay {
 public:
  /// A loss is reported. Of a target that was asked often, all come at the same `now`, and the newest counts.
  void reported(int64_t sent_at, int64_t now) {
    if (now != last_at_) current_ = std::max(current_, std::min(last_delay_, most));
    last_at_ = now;
    last_delay_ = now - sent_at + scatter;
  }
  /// A second has passed: what was long ago matters less.
  void decay() { current_ = std::max(least, static_cast<int64_t>(kept_a_second * static_cast<double>(current_))); }
  /// ns; a packet whose loss is not reported by then is taken to have arrived.
  int64_t ns() const { return current_; }

 private:
  static constexpr int64_t ms = 1'000'000;
  /// Probes pause so long between the extra tries of a target (1350 ms, Attempts::pause in common-linux), and an answer
  /// takes a while; longer where many wait for their turn.
  static constexpr int64_t least = 1700 * ms, most = 4000 * ms;
  static constexpr int64_t scatter = 350 * ms;  ///< most are reported no later than that behind the one before
  static constexpr double kept_a_second = 0.7;

  int64_t current_ = least;
  int64_t last_at_ = 0, last_delay_ = 0;
};

}  // namespace sonde::core
