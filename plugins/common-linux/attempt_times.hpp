// When each attempt at each question left. A row for each attempt: further ones are rare, and cost nothing until there
// are any. Pure state.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonde::net {

template <class Time>
class AttemptTimes {
 public:
  void note(uint32_t slot, unsigned attempt, Time at) {
    if (rows_.size() <= attempt) rows_.resize(attempt + 1);
    std::vector<Time>& row = rows_[attempt];
    if (row.size() <= slot) row.resize(size_t{slot} + 1);
    row[slot] = at;
  }
  // Of an attempt that was noted.
  Time at(uint32_t slot, unsigned attempt) const { return rows_[attempt][slot]; }

 private:
  std::vector<std::vector<Time>> rows_;
};

// The same on the monotonic clock, to the millisecond in four octets: for 49 days from the first attempt on.
class AttemptMilliseconds {
 public:
  static constexpr size_t octets_each = sizeof(uint32_t);

  void note(uint32_t slot, unsigned attempt, int64_t now) {
    if (began_ == 0) began_ = now;
    times_.note(slot, attempt, static_cast<uint32_t>((now - began_) / one_ms));
  }
  // In ns, up to a millisecond early. Of an attempt that was noted.
  int64_t at(uint32_t slot, unsigned attempt) const { return began_ + int64_t{times_.at(slot, attempt)} * one_ms; }

 private:
  static constexpr int64_t one_ms = 1'000'000;
  int64_t began_ = 0;
  AttemptTimes<uint32_t> times_;
};

}  // namespace sonde::net
