// How fast one DNS server may be asked. A server that is asked too much drops queries or answers SERVFAIL; asked slower
// it answers all. The pacer finds that speed: a window of queries in flight (grows by answers, halves on overload) and,
// after the first overload, a rate, since a window alone cannot go below one query a round trip.
#pragma once
#include <array>
#include <cstdint>

namespace sonde::rdns {

/// What the loss of a query says.
enum class Loss : uint8_t {
  overload,  ///< the server drops because it is asked too fast: ask again, it costs no try
  stray,     ///< a few among many answers: the packet or the name, not the speed
  silence    ///< nothing comes back at any speed: a try like any other
};

class Pacer {
 public:
  /// `timeout`: after how long an unanswered query counts as lost, in ns.
  explicit Pacer(int64_t timeout) : timeout_(timeout) {}
  /// How many queries may leave now.
  uint32_t room(int64_t now) const;
  /// When the rate permits the next one; the window is not asked.
  int64_t next() const { return next_send_; }

  void sent(int64_t now);
  /// Any typed answer but a refusal to work: a name, NXDOMAIN, no data.
  void answered(int64_t sent_at, int64_t now);
  /// It never left this machine.
  void withdrawn(int64_t sent_at);
  /// No answer, SERVFAIL or REFUSED.
  Loss lost(int64_t sent_at, int64_t now);

  uint32_t in_flight() const { return in_flight_; }
  uint32_t window() const { return window_; }
  double rate() const { return rate_; }  ///< queries a second; 0: no limit found yet

 private:
  /// Queries by the time they were sent, so that a loss can be compared with its contemporaries.
  struct Slice {
    int64_t number = -1;
    uint32_t sent = 0, answered = 0, lost = 0;
  };
  Slice& slice(int64_t time);
  bool crowded(int64_t sent_at, int64_t now) const;
  void slow_down(int64_t now);
  void speed_up(int64_t now);

  int64_t timeout_;
  std::array<Slice, 64> slices_{};
  uint32_t in_flight_ = 0, window_ = 64, answers_to_grow_ = 0;
  bool slow_start_ = true;
  double rate_ = 0;
  int64_t next_send_ = 0;
  int64_t regime_ = 0;  ///< since when this rate holds
  uint64_t regime_answers_ = 0;
  uint32_t futile_cuts_ = 0;    ///< cuts in a row after which as much was lost as before
  int64_t resigned_until_ = 0;  ///< losses do not follow the rate: no limit till then
  int64_t last_answer_ = 0, last_loss_ = 0, last_growth_ = 0;
};

}  // namespace sonde::rdns
