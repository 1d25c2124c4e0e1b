// When the SYNs to each port of each host left, and which of several that are all alike was answered. Pure state.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sonde::tcp_syn {

// To the millisecond, 4 octets an attempt. A row grows with the attempts that its host needs, and is kept for the next
// host in its place.
class SendTimes {
 public:
  // `width`: places of a host.
  explicit SendTimes(size_t width) : width_(width) {}

  // Room for that many hosts; what is there stays.
  void grow(size_t hosts) {
    if (rows_.size() < hosts) rows_.resize(hosts);
  }
  void note(uint32_t host, uint32_t place, unsigned attempt, int64_t now) {
    if (began_ == 0) began_ = now;
    std::vector<uint32_t>& row = rows_[host];
    if (row.size() < (attempt + 1) * width_) row.resize((attempt + 1) * width_);
    row[attempt * width_ + place] = static_cast<uint32_t>((now - began_) / one_ms);
  }
  // Of an attempt that was noted.
  int64_t at(uint32_t host, uint32_t place, unsigned attempt) const {
    return began_ + int64_t{rows_[host][attempt * width_ + place]} * one_ms;
  }

  static constexpr size_t octets_each = sizeof(uint32_t);

 private:
  static constexpr int64_t one_ms = 1'000'000;
  size_t width_;
  int64_t began_ = 0;
  std::vector<std::vector<uint32_t>> rows_;  // attempt * width_ + place
};

// When a packet arrived, by the clock that the SYNs were noted with: `now` is when it was read. The kernel stamps it
// with the wall clock, which is `wall_ahead` of ours and may have been set since; but it came no earlier than its
// socket was last found empty, and no later than now. 0: it has no stamp.
inline int64_t arrived_at(int64_t wall_time, int64_t wall_ahead, int64_t last_empty, int64_t now) {
  if (wall_time <= 0) return now;
  return std::max(std::min(wall_time - wall_ahead, now), std::min(last_empty, now));
}

// Which of the attempts that left at these times was answered at `arrived`, when round trips take up to `longest` (0:
// not known yet). Nothing where more than one comes into question: on a long path the answer to the first comes behind
// the second, and then none was lost (Karn's rule, RFC 6298 section 3).
inline std::optional<unsigned> attempt_answered(std::span<const int64_t> sent_at, int64_t arrived, int64_t longest) {
  std::size_t before = sent_at.size();
  while (before > 0 && sent_at[before - 1] > arrived) --before;
  if (before == 0) return std::nullopt;
  const auto last = static_cast<unsigned>(before - 1);
  if (last == 0) return 0;
  const bool may_be_last = arrived - sent_at[last] <= longest, may_be_earlier = arrived - sent_at[last - 1] <= longest;
  if (!may_be_last || may_be_earlier) return std::nullopt;
  return last;
}

}  // namespace sonde::tcp_syn
