// When an answer arrived. A pure function.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sonde::tcp_syn {

// When a packet arrived, by the clock that the SYNs were noted with: `now` is when it was read. The kernel stamps it
// with the wall clock, which is `wall_ahead` of ours and may have been set since; but it came no earlier than its
// socket was last found empty, and no later than now. 0: it has no stamp.
inline int64_t arrived_at(int64_t wall_time, int64_t wall_ahead, int64_t last_empty, int64_t now) {
  if (wall_time <= 0) return now;
  return std::max(std::min(wall_time - wall_ahead, now), std::min(last_empty, now));
}

}  // namespace sonde::tcp_syn
