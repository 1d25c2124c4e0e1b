// A ring of counters; each place carries the number of its slice, so that an outdated one is known as such.
#include "engine/packet_fates.hpp"

#include <algorithm>

namespace sonde::core {

namespace {
constexpr double most_share = 0.95;

uint32_t number_in(uint64_t place) {
  return static_cast<uint32_t>(place >> 32);
}
uint64_t arrived_in(uint64_t place) {
  return place >> 16 & 0xffff;
}
uint64_t lost_in(uint64_t place) {
  return place & 0xffff;
}
}  // namespace

bool PacketFates::Cohort::lossy(uint64_t least, double share) const {
  return lost >= least && static_cast<double>(lost) > share * static_cast<double>(arrived + lost);
}

double PacketFates::Cohort::share() const {
  return std::min(most_share, static_cast<double>(lost) / static_cast<double>(std::max<uint64_t>(arrived, 1)));
}

PacketFates::PacketFates(int64_t start) : start_(start) {
  for (Ring* ring : {&first_, &later_})
    for (auto& place : *ring) place.store(UINT64_MAX << 32, std::memory_order_relaxed);
}

int64_t PacketFates::slice_of(int64_t time) const {
  return std::max<int64_t>(time - start_, 0) / slice_ns;
}

void PacketFates::note(int64_t sent_at, Attempt attempt, uint64_t what) {
  const int64_t slice = slice_of(sent_at);
  Ring& ring = attempt == Attempt::first ? first_ : later_;
  std::atomic<uint64_t>& place = ring[static_cast<uint64_t>(slice) % slices_kept];
  const auto number = static_cast<uint32_t>(slice);
  uint64_t seen = place.load(std::memory_order_relaxed);
  for (;;) {
    const bool empty = number_in(seen) == UINT32_MAX;
    // A later slice has the place already: what is that old matters no more.
    if (!empty && static_cast<int32_t>(number_in(seen) - number) > 0) return;
    const uint64_t next = (number_in(seen) == number ? seen : uint64_t{number} << 32) + what;
    if (number_in(next) != number || (what == one_lost && lost_in(next) == 0)) return;  // full: 65535 are enough
    if (place.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return;
  }
}

void PacketFates::add(Cohort& to, const Ring& ring, int64_t slice) {
  const uint64_t place = ring[static_cast<uint64_t>(slice) % slices_kept].load(std::memory_order_relaxed);
  if (number_in(place) != static_cast<uint32_t>(slice)) return;
  to.arrived += arrived_in(place);
  to.lost += lost_in(place);
}

PacketFates::Cohort PacketFates::cohort(int64_t first, int64_t last, Which which, uint64_t size) const {
  Cohort c;
  first = std::max(first, last - static_cast<int64_t>(slices_kept) + 1);
  for (int64_t n = last; n >= first && c.arrived + c.lost < size; --n) {
    c.from = begin_of(n);
    if (which != Which::later) add(c, first_, n);
    if (which != Which::first) add(c, later_, n);
  }
  return c;
}

PacketFates::Contrast PacketFates::beside_what_arrived(int64_t first, int64_t last) const {
  constexpr int64_t block = 50;  // slices: a round of first tries and one of their retries, 250 ms later
  Contrast both;
  first = std::max(first, last - static_cast<int64_t>(slices_kept) + 1);
  for (int64_t begin = first; begin <= last; begin += block) {
    Cohort firsts, later;
    for (int64_t n = begin; n <= std::min(begin + block - 1, last); ++n) {
      add(firsts, first_, n);
      add(later, later_, n);
    }
    if (later.arrived == 0) continue;
    both.first.arrived += firsts.arrived;
    both.first.lost += firsts.lost;
    both.later.arrived += later.arrived;
    both.later.lost += later.lost;
  }
  return both;
}

}  // namespace sonde::core
