// What round trips have been so far: smoothed mean and deviation (RFC 6298), over all targets of an instance. Spaces
// the retries; icmp's `adaptive` also ends the wait by it.
#pragma once
#include <cstdint>

namespace sonde::net {

class RttEstimate {
 public:
  void add(int64_t ns);
  bool known() const { return samples_ >= enough; }
  // What an answer that is no exception takes at most; 0: not known yet.
  int64_t longest() const;
  // The same from the first reply on, when it is three times what that took (RFC 6298 section 2.2). Enough to say which
  // of two questions an answer is to; in a network of few hosts more will not be known. 0: there was none.
  int64_t longest_so_far() const;
  // When a retry makes sense: no earlier than `interval`, no earlier than replies usually take, no later than
  // `timeout`.
  int64_t spacing(int64_t interval, int64_t timeout) const;
  // How long silence is waited for when the user permits less than `timeout`.
  int64_t adaptive_wait(int64_t timeout) const;

 private:
  static constexpr uint32_t enough = 16;  // replies before the estimate is trusted
  uint32_t samples_ = 0;
  int64_t mean_ = 0, deviation_ = 0;
};

}  // namespace sonde::net
