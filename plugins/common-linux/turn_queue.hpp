// Who is asked again, or given up, and when: queues in order of time. Delays are the same for every question or change
// slowly, so that a ring serves instead of a timer each.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace sonde::net {

inline constexpr int64_t never = std::numeric_limits<int64_t>::max();

struct Turn {
  int64_t due;  // monotonic ns
  uint32_t slot, generation;
};

// A queue in a ring that grows and never shrinks.
class TurnQueue {
 public:
  bool empty() const { return head_ == tail_; }
  const Turn& front() const { return ring_[head_ & mask()]; }
  void pop() { ++head_; }
  void push(Turn t) {
    if (tail_ - head_ == ring_.size()) grow();
    // Later than the one before, even if the delay has shrunk since: the queue stays in order.
    if (!empty()) t.due = std::max(t.due, ring_[(tail_ - 1) & mask()].due);
    ring_[tail_++ & mask()] = t;
  }

 private:
  size_t mask() const { return ring_.size() - 1; }
  void grow() {
    std::vector<Turn> larger(std::max<size_t>(64, ring_.size() * 2));
    const size_t count = tail_ - head_;
    for (size_t i = 0; i < count; ++i) larger[i] = ring_[(head_ + i) & mask()];
    ring_.swap(larger);
    head_ = 0;
    tail_ = count;
  }
  std::vector<Turn> ring_;
  size_t head_ = 0, tail_ = 0;
};

// Retries, a little out of order: up to 9 ms later than asked for. Where a path drops what is too fast for it, it lets
// every so-manieth packet through, or the head of each burst: were the second tries to come in the order of the first
// ones, the same targets would lose both, and nobody would learn of it.
class ShuffledTurns {
 public:
  // In order where only a few are asked: those overrun nothing.
  void push(Turn t, uint32_t attempt, size_t asked) {
    const uint32_t lane = asked <= few ? 0 : mixed(t.slot * 31 + t.generation * 977 + attempt * 131071) % lanes;
    t.due += int64_t{lane} * step;
    queues_[lane].push(t);
  }
  // The queue whose head is due first; some queue when all are empty. `skip(q)` takes from a queue what is void.
  template <class Skip>
  TurnQueue& first(Skip&& skip) {
    TurnQueue* out = &queues_[0];
    for (TurnQueue& q : queues_) {
      skip(q);
      if (!q.empty() && (out->empty() || q.front().due < out->front().due)) out = &q;
    }
    return *out;
  }

 private:
  static constexpr size_t few = 64;
  static constexpr uint32_t lanes = 4;
  static constexpr int64_t step = 3'000'000;  // ns
  // Neighbours must part: a regular pattern would meet that of the path. (The finaliser of MurmurHash3.)
  static uint32_t mixed(uint32_t h) {
    h = (h ^ h >> 16) * 0x85ebca6b;
    h = (h ^ h >> 13) * 0xc2b2ae35;
    return h ^ h >> 16;
  }
  std::array<TurnQueue, lanes> queues_;
};

}  // namespace sonde::net
