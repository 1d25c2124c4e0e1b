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
}  // namespace

PacketBudget::PacketBudget(uint64_t per_second, int64_t now)
    : start_(now),
      interval_(per_second == 0 ? 0 : static_cast<int64_t>(1'000'000'000'000ULL / per_second)),
      burst_(std::max(burst_ps, interval_)) {}

uint64_t PacketBudget::available(int64_t now) const {
  if (interval_ == 0) return UINT32_MAX;
  const int64_t t = (now - start_) * ps_per_ns;
  const int64_t base = std::max(next_.load(std::memory_order_relaxed), t - burst_);
  return base >= t ? 0 : static_cast<uint64_t>((t - base) / interval_);
}

int64_t PacketBudget::next_time(int64_t now) const {
  if (interval_ == 0) return now;
  const int64_t due = start_ + (next_.load(std::memory_order_relaxed) + interval_) / ps_per_ns + 1;
  return std::max(due, now + std::min(longest_pause_ns, interval_ / ps_per_ns));
}

uint32_t PacketBudget::take(uint32_t want, int64_t now, int64_t* again) {
  if (interval_ == 0) {
    taken_.fetch_add(want, std::memory_order_relaxed);
    return want;
  }
  const int64_t t = (now - start_) * ps_per_ns;
  int64_t seen = next_.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t base = std::max(seen, t - burst_);
    const int64_t room = base >= t ? 0 : (t - base) / interval_;
    const auto n = static_cast<uint32_t>(std::min<int64_t>(want, room));
    if (n == 0) {
      *again = next_time(now);
      return 0;
    }
    if (!next_.compare_exchange_weak(seen, base + n * interval_, std::memory_order_relaxed)) continue;
    taken_.fetch_add(n, std::memory_order_relaxed);
    if (n < want) *again = next_time(now);
    return n;
  }
}

void PacketBudget::give_back() {
  next_.fetch_sub(interval_, std::memory_order_relaxed);
  taken_.fetch_sub(1, std::memory_order_relaxed);
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
