// Pacer: additive growth, multiplicative retreat, and the judgement what a loss means.
#include "pacer.hpp"

#include <algorithm>
#include <limits>

namespace sonde::rdns {
namespace {

constexpr int64_t ms = 1000000, second = 1000 * ms;
constexpr int64_t slice_length = 250 * ms;
constexpr uint32_t window_min = 32, window_max = 512;
constexpr double rate_min = 100, rate_unlimited = 200000;
constexpr int64_t burst = 20 * ms;            // what a late timer may catch up
constexpr int64_t regime_min = second;        // a new rate is judged no earlier
constexpr int64_t silent_after = 6 * second;  // without any answer the server is not slow but gone
constexpr uint32_t crowd = 8;                 // fewer losses together prove no overload
constexpr uint32_t futile_max = 4;
constexpr int64_t resigned_for = 30 * second;

}  // namespace

uint32_t Pacer::room(int64_t now) const {
  uint32_t by_window = window_ > in_flight_ ? window_ - in_flight_ : 0;
  if (rate_ <= 0) return by_window;
  if (now < next_send_) return 0;
  double due = static_cast<double>(std::min(now - next_send_, burst)) * rate_ / static_cast<double>(second);
  return std::min(by_window, static_cast<uint32_t>(due) + 1);
}

void Pacer::sent(int64_t now) {
  if (regime_ == 0) regime_ = now;
  ++in_flight_;
  ++slice(now).sent;
  if (rate_ > 0)
    next_send_ = std::max(next_send_, now - burst) + static_cast<int64_t>(static_cast<double>(second) / rate_);
}

void Pacer::answered(int64_t sent_at, int64_t now) {
  --in_flight_;
  ++slice(sent_at).answered;
  ++regime_answers_;
  last_answer_ = now;
  if (slow_start_) {
    window_ = std::min(window_ + 1, window_max);
  } else if (++answers_to_grow_ >= window_) {
    window_ = std::min(window_ + 1, window_max);
    answers_to_grow_ = 0;
  }
  if (rate_ > 0) speed_up(now);
}

void Pacer::withdrawn(int64_t sent_at) {
  --in_flight_;
  Slice& s = slice(sent_at);
  if (s.sent > 0) --s.sent;
}

Loss Pacer::lost(int64_t sent_at, int64_t now) {
  --in_flight_;
  ++slice(sent_at).lost;
  last_loss_ = now;
  if (last_answer_ == 0 || now - last_answer_ > silent_after) return Loss::silence;
  if (now < resigned_until_) return Loss::silence;
  // Sent at a speed that has been given up since: nothing new is learnt.
  if (sent_at < regime_ && rate_ > 0) return Loss::overload;
  if (!crowded(sent_at, now)) return Loss::stray;
  if (rate_ <= 0 || now - regime_ >= regime_min) slow_down(now);
  return now < resigned_until_ ? Loss::silence : Loss::overload;
}

// More than one in twenty of those that were sent at about the same time. What is a second old and still open counts as
// lost: timeouts come in the order of sending.
bool Pacer::crowded(int64_t sent_at, int64_t now) const {
  uint32_t answered = 0, lost = 0;
  int64_t number = sent_at / slice_length;
  for (const Slice& s : slices_) {
    if (s.number < number - 2 || s.number > number + 2) continue;
    answered += s.answered;
    bool old = now - (s.number + 1) * slice_length >= second;
    lost += old && s.sent > s.answered ? s.sent - s.answered : s.lost;
  }
  return lost >= crowd && lost * 20 > answered + lost;
}

// Below what the server has really delivered under the rate that was too much.
void Pacer::slow_down(int64_t now) {
  double seconds = std::max(0.25, static_cast<double>(now - regime_) / static_cast<double>(second));
  double target = 0.75 * static_cast<double>(regime_answers_) / seconds;
  if (rate_ > 0) {
    target = std::min(target, 0.75 * rate_);
    ++futile_cuts_;  // speed_up(), which comes when a rate has proved right, begins the count anew
  }
  slow_start_ = false;
  window_ = std::max(window_min, window_ / 2);
  regime_ = now;
  regime_answers_ = 0;
  if (futile_cuts_ >= futile_max) {
    resigned_until_ = now + resigned_for;
    futile_cuts_ = 0;
    rate_ = 0;
    return;
  }
  rate_ = std::max(rate_min, target);
  next_send_ = now;
  last_growth_ = now;
}

// A tenth a second, and only once this rate has been held for longer than a loss takes to be seen.
void Pacer::speed_up(int64_t now) {
  int64_t quiet = timeout_ + second / 2;
  if (now - last_growth_ < second || now - last_loss_ < quiet || now - regime_ < quiet) return;
  last_growth_ = now;
  futile_cuts_ = 0;
  rate_ *= 1.1;
  if (rate_ > rate_unlimited) rate_ = 0;
}

Pacer::Slice& Pacer::slice(int64_t time) {
  int64_t number = time / slice_length;
  Slice& s = slices_[static_cast<size_t>(number) % slices_.size()];
  if (s.number != number) s = Slice{number, 0, 0, 0};
  return s;
}

}  // namespace sonde::rdns
