// Questions in flight: who has been asked how often, whose turn it is to be asked again, and who has been waited for
// long enough. Retries go only to those that have not answered and are spaced in time: two copies in one burst are lost
// together. Pure state; the clock is the caller's.
#pragma once
#include <sonde/plugin.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "common-linux/attempt_times.hpp"
#include "common-linux/turn_queue.hpp"

namespace sonde::net {

// What the silence after one attempt proves, and what becomes of a question whose wait is over.
enum class Silence : uint8_t { holds, doubtful, open };
enum class Verdict : uint8_t { ends, ends_in_doubt, asked_again, waits };
// Since its silence proves nothing, or may not.
inline bool goes_on(Verdict v) {
  return v == Verdict::asked_again || v == Verdict::waits;
}
struct Standing {
  Verdict verdict = Verdict::ends;
  unsigned proves_nothing = 0;  // attempts
};
// Of a question that was asked `sent` times in vain. It takes `tries` attempts that prove something to end it, and
// `most` are all that it may get. `after(i)`: what the silence after attempt i says.
template <class After>
Standing weigh(unsigned sent, unsigned tries, unsigned most, After&& after) {
  Standing out;
  bool open = false;
  for (unsigned i = 0; i < sent; ++i) {
    const Silence silence = after(i);
    out.proves_nothing += silence == Silence::doubtful;
    open = open || silence == Silence::open;
  }
  const bool too_few = sent < tries + out.proves_nothing;
  if (too_few && sent < most)
    out.verdict = Verdict::asked_again;
  else if (open)
    out.verdict = Verdict::waits;
  else if (too_few)
    out.verdict = Verdict::ends_in_doubt;
  return out;
}

template <class Question>
class Attempts {
 public:
  struct Slot {
    sonde_task task = 0;
    uint32_t generation = 0;
    uint8_t sent = 0;            // attempts that left this machine
    uint8_t proves_nothing = 0;  // of those: whose silence is known to say nothing, so that they count for no try
    bool live = false;
    Question question{};
  };
  enum class Due : uint8_t { nothing, send, give_up };
  struct Next {
    Due what = Due::nothing;
    uint32_t slot = 0;
  };

  // `extra`: how many attempts more a question may get for those that prove nothing; see weigh().
  explicit Attempts(unsigned tries, unsigned extra = 0) : tries_(tries), most_(tries + extra) {}
  unsigned tries() const { return tries_; }
  unsigned most() const { return most_; }

  uint32_t open(sonde_task task, Question question) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
      free_.reserve(slots_.capacity());  // close() must not fail
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Slot& s = slots_[index];
    s.task = task;
    s.sent = s.proves_nothing = 0;
    s.live = true;
    s.question = std::move(question);
    ++live_;
    return index;
  }
  void close(uint32_t index) {
    Slot& s = slots_[index];
    if (!s.live) return;
    s.live = false;
    ++s.generation;
    --live_;
    free_.push_back(index);
  }
  // Asks the same task something else: attempts count from 0, and what was queued for it is void. The next attempt has
  // to be put in by not_sent().
  void restart(uint32_t index) {
    ++slots_[index].generation;
    slots_[index].sent = slots_[index].proves_nothing = 0;
  }
  // What stays valid for this slot alone; nullptr when there is no such question (any more).
  Slot* find(uint32_t index, uint32_t generation) {
    Slot* s = find(index);
    return s && s->generation == generation ? s : nullptr;
  }
  Slot* find(uint32_t index) { return index < slots_.size() && slots_[index].live ? &slots_[index] : nullptr; }
  Slot& operator[](uint32_t index) { return slots_[index]; }
  const Slot& operator[](uint32_t index) const { return slots_[index]; }
  size_t live() const { return live_; }
  size_t capacity() const { return slots_.size(); }

  // An attempt left at `now`: the next one after `spacing` (and a few ms, see ShuffledTurns), or the end after
  // `timeout` if it was the last.
  void sent(uint32_t index, int64_t now, int64_t spacing, int64_t timeout) {
    Slot& s = slots_[index];
    if (most_ != tries_) times_.note(index, s.sent, now);
    ++s.sent;
    if (s.sent - s.proves_nothing < static_cast<int>(tries_) && s.sent < most_)
      retries_.push({now + spacing, index, s.generation}, s.sent, live_);
    else
      ends_.push({now + timeout, index, s.generation});
  }
  // When an attempt left, to the millisecond; only kept when there may be extra ones.
  int64_t sent_at(uint32_t index, unsigned attempt) const { return times_.at(index, attempt); }
  // `silence` judges the time of an attempt. Where attempts prove nothing the question is asked again as long as it
  // may, once at once and then after a pause: a path may be overrun until the rate is found, and for seconds. Where
  // that is still open it waits a little longer.
  template <class Judge>
  Verdict judge(uint32_t index, int64_t now, Judge&& silence) {
    const Verdict verdict = standing(index, silence);
    if (verdict == Verdict::asked_again) queue_extra(index, now);
    if (verdict == Verdict::waits) wait_longer(index, now);
    return verdict;
  }
  // The same without the consequences: what the attempts so far are worth.
  template <class Judge>
  Verdict standing(uint32_t index, Judge&& silence) {
    Slot& s = slots_[index];
    if (most_ == tries_) return Verdict::ends;
    const Standing standing = weigh(s.sent, tries_, most_, [&](unsigned i) { return silence(sent_at(index, i)); });
    s.proves_nothing = static_cast<uint8_t>(standing.proves_nothing);
    return standing.verdict;
  }
  // For a question whose parts its owner weighs: that many attempts more, spaced, the first as above.
  void ask_again(uint32_t index, int64_t now, unsigned attempts) {
    Slot& s = slots_[index];
    s.proves_nothing =
        static_cast<uint8_t>(std::max<int>(0, s.sent + static_cast<int>(attempts) - static_cast<int>(tries_)));
    queue_extra(index, now);
  }
  void wait_longer(uint32_t index, int64_t now) {
    waiting_.push({now + verdict_wait, index, slots_[index].generation});
  }
  // It could not leave (no buffer): asked once more at `again`, without counting.
  void not_sent(uint32_t index, int64_t again) { postponed_.push({again, index, slots_[index].generation}); }
  // The same where it has no address to leave from yet: that takes longer, and must hold up nobody else.
  void has_no_source(uint32_t index, int64_t again) { sourceless_.push({again, index, slots_[index].generation}); }
  bool has_postponed() {
    skip_dead(postponed_);
    return !postponed_.empty();
  }

  // The next question whose attempt is due at `now`; it leaves its queue.
  Next next_send(int64_t now) {
    for (TurnQueue* q : {&postponed_, &sourceless_, &first_retry(), &paused_}) {
      skip_dead(*q);
      if (!q->empty() && q->front().due <= now) {
        const uint32_t slot = q->front().slot;
        q->pop();
        return {Due::send, slot};
      }
    }
    return {};
  }
  // The next question that was asked as often as may be and waited for in vain.
  Next next_end(int64_t now) {
    for (TurnQueue* q : {&ends_, &waiting_}) {
      skip_dead(*q);
      if (q->empty() || q->front().due > now) continue;
      const uint32_t slot = q->front().slot;
      q->pop();
      return {Due::give_up, slot};
    }
    return {};
  }
  int64_t send_due() {
    skip_dead(postponed_);
    skip_dead(sourceless_);
    return std::min({head(postponed_), head(sourceless_), retry_due()});
  }
  // When the next attempt after the first one is due.
  int64_t retry_due() {
    skip_dead(paused_);
    return std::min(head(first_retry()), head(paused_));
  }
  int64_t end_due() {
    skip_dead(ends_);
    skip_dead(waiting_);
    return std::min(head(ends_), head(waiting_));
  }

 private:
  static constexpr int64_t one_ms = 1'000'000, verdict_wait = 250 * one_ms;
  // Out of step with the rate, which grows once a second until packets are lost again.
  static constexpr int64_t pause = 1350 * one_ms;
  static constexpr unsigned extra_at_once = 1;

  void queue_extra(uint32_t index, int64_t now) {
    const Slot& s = slots_[index];
    if (s.sent < tries_ + extra_at_once)
      postponed_.push({now, index, s.generation});
    else
      paused_.push({now + pause, index, s.generation});
  }
  void skip_dead(TurnQueue& q) {
    while (!q.empty() && !find(q.front().slot, q.front().generation)) q.pop();
  }
  TurnQueue& first_retry() {
    return retries_.first([this](TurnQueue& q) { skip_dead(q); });
  }
  static int64_t head(const TurnQueue& q) { return q.empty() ? never : q.front().due; }

  unsigned tries_, most_;
  AttemptMilliseconds times_;
  size_t live_ = 0;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  TurnQueue postponed_, sourceless_, paused_, ends_;
  TurnQueue waiting_;  // for a verdict; apart, since behind the ends of a longer timeout they would wait as long
  ShuffledTurns retries_;
};

}  // namespace sonde::net
