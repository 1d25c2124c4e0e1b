// Slows the run down while its packets are being lost. What shows that: answers that came only to a later try, receive
// buffers of our own that overflowed, send queues of this machine that were full. The rate falls to what is likely to
// get through (loss_model.hpp), and grows again to what is known to get through; beyond that by a tenth every few
// seconds while nothing is lost, up to a little below where losses are likely: a sweep gains less from the last
// percents than it loses by finding out where they end. A loss that does not follow the rate (a lossy link, a router
// that drops the first packet to whom it must resolve first) is recognised by that, and then left to the stages' own
// retries. There is a lowest rate; what is lost even there stays in doubt.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>

#include "engine/budgets.hpp"
#include "engine/doubtful_times.hpp"
#include "engine/loss_delay.hpp"
#include "engine/loss_model.hpp"
#include "engine/packet_fates.hpp"
#include "engine/rate_history.hpp"

namespace sonde::core {

class Congestion {
 public:
  /// Times are monotonic ns. `set_rate` 0: unlimited. `enabled` false: everything is counted and nothing done about it.
  Congestion(PacketBudget& budget, uint64_t set_rate, bool enabled, int64_t now);

  using Attempt = PacketFates::Attempt;
  // Any thread; no lock for a packet that was answered.
  void arrived(int64_t sent_at, int64_t now, Attempt = Attempt::first);
  void lost(int64_t sent_at, int64_t now, Attempt = Attempt::first);
  /// Our own receive buffers overflowed since `last_look`.
  void overrun(int64_t last_look, int64_t now);
  /// A send queue of this machine is full.
  void queue_full(int64_t now);
  /// What silence after a packet that left then says.
  enum class Silence : uint8_t { holds, doubtful, open };
  Silence silence(int64_t sent_at, int64_t now);

  /// Raised whenever the rate falls: what is under way takes longer from then on.
  uint32_t falls() const { return falls_.load(std::memory_order_acquire); }
  /// Packets a second at present; 0: as set.
  uint64_t rate() const { return rate_.load(std::memory_order_relaxed); }
  /// The lowest so far; 0: never slowed down.
  uint64_t lowest() const { return lowest_.load(std::memory_order_relaxed); }

 private:
  bool slowed() const { return rate_.load(std::memory_order_relaxed) != 0; }
  uint64_t rate_of(int64_t first_slice, int64_t last_slice) const;
  PacketFates::Cohort cohort(int64_t first_slice, int64_t last_slice, uint64_t size = UINT64_MAX) const;
  bool may_be_the_first_ones(int64_t now);
  bool only_first_ones_are_lost(int64_t now) const;
  bool first_ones_arrive(int64_t last_slice) const;
  LossVerdict verdict(int64_t last_slice, int64_t now) const;
  void judge(int64_t last_slice, uint64_t least_losses, int64_t now);
  void judge_the_last(int64_t silent_since, int64_t now);
  void doubt_around(int64_t slice);
  void fall(const LossVerdict&, uint64_t rate, int64_t from, int64_t now);
  void slow_for_this_machine(double part, int64_t now);
  void fall_to(uint64_t rate, int64_t now);
  void set_free(int64_t now);
  void grow_if_due(int64_t now);
  void grow(int64_t now);

  PacketBudget& budget_;
  const bool enabled_;
  const uint64_t free_rate_;    ///< packets a second where nothing slows the run down; UINT64_MAX: unlimited
  const uint64_t lowest_rate_;  ///< packets a second; the path is never asked more slowly

  // Read by any thread without the lock.
  PacketFates fates_;
  DoubtfulTimes doubt_;
  std::atomic<uint64_t> rate_{0}, lowest_{0};
  std::atomic<uint32_t> falls_{0};
  std::atomic<int64_t> next_growth_{INT64_MAX};
  std::atomic<int64_t> newest_lost_{-1};   ///< slice
  std::atomic<int64_t> suspect_until_{0};  ///< a few losses: silence is not judged before then
  std::atomic<bool> unjudged_{false};      ///< losses that were too few at the time, or reported last

  std::mutex mutex_;  ///< of what follows; losses and decisions are rare
  RateHistory history_;
  LossDelay loss_delay_;
  int64_t judged_since_ = 0;  ///< when the rate last fell, or the path turned out not to be the cause
  int64_t first_loss_ = 0;    ///< that was reported
  int64_t next_verdict_ = 0;
  int64_t last_trouble_ = 0;     ///< of this machine
  bool path_suspected_ = false;  ///< the rate has fallen for losses on the path
  bool line_likely_ = false;
  /// Whatever the rate: what became of first packets since then says nothing. 0: it does.
  int64_t first_dropped_since_ = 0;
  double line_share_ = 0;      ///< lost at any speed, as far as that was found out
  uint64_t overrun_rate_ = 0;  ///< packets a second that left before the rate fell first
};

}  // namespace sonde::core
