// Packet schedule and neighbour places; see budgets.hpp.
#include "engine/budgets.hpp"

#include <algorithm>

namespace sonde::core {

namespace {
constexpr int64_t ps_per_ns = 1000;
constexpr int64_t burst_ps = 10'000'000'000;  // 10 ms
// Who was told to come again comes no sooner than after one packet's time, or this where packets are slower: a due time
// that has passed meanwhile must not make a loop spin.
constexpr int64_t longest_pause_ns = 200'000;

int64_t interval_of(uint64_t per_second) {
  return per_second == 0 ? 0 : static_cast<int64_t>(1'000'000'000'000ULL / per_second);
}
/// What may be saved up: one packet at least, else it could never leave.
int64_t burst_of(int64_t interval) {
  return std::max(burst_ps, interval);
}
}  // namespace

PacketBudget::PacketBudget(uint64_t per_second, int64_t now)
    : start_(now), set_(per_second), interval_(interval_of(per_second)) {}

void PacketBudget::slow_to(uint64_t per_second) {
  const bool faster_than_set = per_second == 0 || (set_ != 0 && per_second > set_);
  interval_.store(interval_of(faster_than_set ? set_ : per_second), std::memory_order_relaxed);
}

PacketBudget::Hundredth& PacketBudget::hundredth(int64_t now) {
  const int64_t number = (now - start_) / hundredth_ns;
  Hundredth& h = history_[static_cast<uint64_t>(number) % history_.size()];
  // Two threads may both find a place outdated; then a few packets are forgotten, in what is an estimate.
  if (h.number.load(std::memory_order_relaxed) != number) {
    h.packets.store(0, std::memory_order_relaxed);
    h.number.store(number, std::memory_order_relaxed);
  }
  return h;
}

PacketBudget::Sent PacketBudget::sent_between(int64_t from, int64_t to) const {
  const int64_t last = (to - start_) / hundredth_ns;
  const int64_t first =
      std::max({(from - start_) / hundredth_ns, last - static_cast<int64_t>(history_.size()) + 1, int64_t{0}});
  Sent sent{};
  for (int64_t n = first; n <= last; ++n) {
    const Hundredth& h = history_[static_cast<uint64_t>(n) % history_.size()];
    if (h.number.load(std::memory_order_relaxed) != n) continue;
    const uint32_t packets = h.packets.load(std::memory_order_relaxed);
    sent.packets += packets;
    sent.busy += packets != 0;
  }
  sent.time = std::max(hundredth_ns, to - (start_ + first * hundredth_ns));
  return sent;
}

uint64_t PacketBudget::rate_between(int64_t from, int64_t to) const {
  const Sent sent = sent_between(from, to);
  return sent.packets * 1'000'000'000 / static_cast<uint64_t>(sent.time);
}

uint64_t PacketBudget::busy_rate_between(int64_t from, int64_t to) const {
  const Sent sent = sent_between(from, to);
  return sent.busy == 0 ? 0 : sent.packets * 100 / static_cast<uint64_t>(sent.busy);
}

uint64_t PacketBudget::available(int64_t now) const {
  const int64_t interval = interval_.load(std::memory_order_relaxed);
  if (interval == 0) return UINT32_MAX;
  const int64_t t = (now - start_) * ps_per_ns;
  const int64_t base = std::max(next_.load(std::memory_order_relaxed), t - burst_of(interval));
  return base >= t ? 0 : static_cast<uint64_t>((t - base) / interval);
}

int64_t PacketBudget::next_time(int64_t now) const {
  const int64_t interval = interval_.load(std::memory_order_relaxed);
  if (interval == 0) return now;
  const int64_t due = start_ + (next_.load(std::memory_order_relaxed) + interval) / ps_per_ns + 1;
  return std::max(due, now + std::min(longest_pause_ns, interval / ps_per_ns));
}

uint32_t PacketBudget::take(uint32_t want, int64_t now, int64_t* again) {
  const int64_t interval = interval_.load(std::memory_order_relaxed);
  if (interval == 0) {
    taken_.fetch_add(want, std::memory_order_relaxed);
    hundredth(now).packets.fetch_add(want, std::memory_order_relaxed);
    return want;
  }
  const int64_t t = (now - start_) * ps_per_ns;
  int64_t seen = next_.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t base = std::max(seen, t - burst_of(interval));
    const int64_t room = base >= t ? 0 : (t - base) / interval;
    const auto n = static_cast<uint32_t>(std::min<int64_t>(want, room));
    if (n == 0) {
      *again = next_time(now);
      return 0;
    }
    if (!next_.compare_exchange_weak(seen, base + n * interval, std::memory_order_relaxed)) continue;
    taken_.fetch_add(n, std::memory_order_relaxed);
    hundredth(now).packets.fetch_add(n, std::memory_order_relaxed);
    if (n < want) *again = next_time(now);
    return n;
  }
}

void PacketBudget::give_back(int64_t now) {
  next_.fetch_sub(interval_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  taken_.fetch_sub(1, std::memory_order_relaxed);
  std::atomic<uint32_t>& packets = hundredth(now).packets;
  uint32_t seen = packets.load(std::memory_order_relaxed);
  // Taken in the hundredth before, perhaps: the estimate is one off then, never four thousand million.
  while (seen > 0 && !packets.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed)) {
  }
}

bool NeighbourBudget::take(int64_t now) {
  const int64_t used = present_.load(std::memory_order_relaxed) + taken_since_.load(std::memory_order_relaxed);
  if (used < threshold_ / 2) {
    taken_since_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  // A machine whose table is busy with others' entries still gets on, slowly, while there is room above the half.
  if (used >= threshold_ * 9 / 10) return false;
  int64_t next = next_trickle_.load(std::memory_order_relaxed);
  if (now < next || !next_trickle_.compare_exchange_strong(next, now + 50'000'000)) return false;
  taken_since_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace sonde::core
