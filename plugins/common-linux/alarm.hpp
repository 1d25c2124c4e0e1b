// The one timer of a probe that asks in attempts: set to the earliest of all that is to come. One that fires too early
// does no harm, so it is only ever moved ahead.
#pragma once
#include <sonde/plugin.hpp>

#include <algorithm>

#include "common-linux/attempts.hpp"
#include "common-linux/pacer.hpp"

namespace sonde::net {

class Alarm {
 public:
  // `hungry`: tasks wait at the host for want of tokens. `also`: what else is to come, or never.
  template <class Question>
  void set(const Context& host, Attempts<Question>& questions, const Pacer& pacer, bool hungry, int64_t also,
           int64_t now, uint64_t user) {
    int64_t send = questions.send_due();
    if (send != never) send = std::max(send, pacer.again());
    int64_t at = std::min({send, questions.end_due(), also});
    if (hungry) at = std::min(at, pacer.again());
    if (at == never) return;
    at = std::max(at, now + least_ahead);
    if (at >= armed_) return;
    armed_ = at;
    host.timer(at, user, timer_);
  }
  void fired() {
    armed_ = never;
    timer_ = 0;
  }
  void cancel(const Context& host) {
    host.untimer(timer_);
    armed_ = never;
  }

 private:
  static constexpr int64_t least_ahead = 200'000;  // ns; a timer closer than that costs more than it gives
  uint64_t timer_ = 0;
  int64_t armed_ = never;
};

}  // namespace sonde::net
