// When each attempt at each question left. A row for each attempt: further ones are rare, and cost nothing until there
// are any. Pure state.
#pragma once
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

}  // namespace sonde::net
