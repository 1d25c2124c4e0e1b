#include "inventory/settled_set.hpp"

#include <algorithm>

namespace sonde::core {
namespace {

bool starts_after(uint64_t position, const Slice& run) {
  return position < run.start;
}

}  // namespace

void SettledSet::add(uint64_t position) {
  add(Slice{position, 1});
}

void SettledSet::add(Slice run) {
  if (run.count == 0) return;
  run.count = std::min(run.count, UINT64_MAX - run.start);
  // The first run that may touch the new one is the last that starts at or before it.
  auto from = std::upper_bound(runs_.begin(), runs_.end(), run.start, starts_after);
  if (from != runs_.begin() && std::prev(from)->end() >= run.start) --from;
  auto to = from;
  uint64_t start = run.start, end = run.end();
  for (; to != runs_.end() && to->start <= end; ++to) {
    start = std::min(start, to->start);
    end = std::max(end, to->end());
  }
  if (from == to) {
    runs_.insert(from, run);
    return;
  }
  *from = Slice{start, end - start};
  runs_.erase(std::next(from), to);
}

void SettledSet::add_all(std::vector<Slice> more) {
  more.insert(more.end(), runs_.begin(), runs_.end());
  std::erase_if(more, [](const Slice& s) { return s.count == 0; });
  std::sort(more.begin(), more.end(), [](const Slice& a, const Slice& b) { return a.start < b.start; });
  runs_.clear();
  for (Slice run : more) {
    run.count = std::min(run.count, UINT64_MAX - run.start);
    if (runs_.empty() || run.start > runs_.back().end()) {
      runs_.push_back(run);
    } else {
      const uint64_t end = std::max(runs_.back().end(), run.end());
      runs_.back().count = end - runs_.back().start;
    }
  }
}

bool SettledSet::contains(uint64_t position) const {
  auto after = std::upper_bound(runs_.begin(), runs_.end(), position, starts_after);
  return after != runs_.begin() && position < std::prev(after)->end();
}

uint64_t SettledSet::size() const {
  uint64_t sum = 0;
  for (const Slice& run : runs_) sum += run.count;
  return sum;
}

SettledSet without(const SettledSet& whole, const SettledSet& part) {
  std::vector<Slice> left;
  auto hole = part.runs().begin();
  for (const Slice& run : whole.runs()) {
    uint64_t at = run.start;
    while (hole != part.runs().end() && hole->end() <= at) ++hole;
    for (auto next = hole; next != part.runs().end() && next->start < run.end(); ++next) {
      if (next->start > at) left.push_back({at, next->start - at});
      at = std::max(at, next->end());
    }
    if (at < run.end()) left.push_back({at, run.end() - at});
  }
  SettledSet set;
  set.add_all(std::move(left));
  return set;
}

}  // namespace sonde::core
