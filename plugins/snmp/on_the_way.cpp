#include "on_the_way.hpp"

namespace sonde::snmp {

bool OnTheWay::room(int64_t now) {
  forget(now);
  return open_ < most_;
}

uint64_t OnTheWay::sent(int64_t now, int64_t until) {
  forget(now);
  questions_.push_back({until, true});
  ++open_;
  return first_ + questions_.size() - 1;
}

void OnTheWay::answered(uint64_t ticket) {
  if (ticket < first_ || ticket - first_ >= questions_.size()) return;
  Question& question = questions_[ticket - first_];
  if (question.open) --open_;
  question.open = false;
}

void OnTheWay::forget(int64_t now) {
  while (!questions_.empty() && (!questions_.front().open || questions_.front().until <= now)) {
    if (questions_.front().open) --open_;
    questions_.pop_front();
    ++first_;
  }
}

}  // namespace sonde::snmp
