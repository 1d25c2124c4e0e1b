// Packets that the host's rate allows to leave now. Asks the host once for many, never again before the time that the
// host named, and keeps what was granted but could not be sent.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sonde::net {

class Pacer {
 public:
  // Takes up to `want`. `ask(n, again)` is the host's pace(): how many of n may leave, and when to ask for the rest.
  template <class Ask>
  uint32_t take(uint32_t want, int64_t now, Ask&& ask) {
    if (credit_ < want && now >= again_) {
      int64_t again = 0;
      const uint32_t missing = want - credit_;
      const uint32_t granted = std::min(ask(missing, again), missing);
      credit_ += granted;
      // A host that names a time already past must not make the probe spin.
      if (granted < missing) again_ = std::max(again, now + shortest_wait);
    }
    const uint32_t taken = std::min(want, credit_);
    credit_ -= taken;
    return taken;
  }
  void give_back(uint32_t packets) { credit_ += packets; }
  // When packets may be asked for again; past or 0: now.
  int64_t again() const { return credit_ > 0 ? 0 : again_; }

 private:
  static constexpr int64_t shortest_wait = 100'000;  // ns
  uint32_t credit_ = 0;
  int64_t again_ = 0;
};

}  // namespace sonde::net
