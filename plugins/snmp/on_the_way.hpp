// How many questions may be on their way at a time: sent lately and not answered yet. Many addresses are often one
// agent (a stack, blades, a proxy), whose socket holds some 170 datagrams when its buffer is Linux' default. What
// overruns it is lost and costs the wait for a repetition; what waits for a silent host burdens nobody and does not
// count.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>

namespace sonde::snmp {

class OnTheWay {
 public:
  static constexpr uint32_t most = 128;  ///< over all instances of a stage

  explicit OnTheWay(uint32_t instances) : most_(std::max(1u, most / std::max(1u, instances))) {}

  /// Whether another host may be asked now.
  bool room(int64_t now);
  /// A question left, and is counted until it is answered or `until`. Returns its ticket, never 0.
  uint64_t sent(int64_t now, int64_t until);
  /// Ticket 0, and one whose time has passed or that was answered before: nothing happens.
  void answered(uint64_t ticket);

 private:
  struct Question {
    int64_t until;
    bool open;
  };
  void forget(int64_t now);

  uint32_t most_, open_ = 0;
  uint64_t first_ = 1;              ///< ticket of the oldest
  std::deque<Question> questions_;  ///< by ticket; those behind a longer wait stay for as long
};

}  // namespace sonde::snmp
