// Slows the run down while its packets are being lost. What shows that: answers that came only to a later try, receive
// buffers of our own that overflowed, send queues of this machine that were full. The rate falls to what is likely to
// get through (loss_model.hpp), and grows again to what is known to get through; beyond that by a tenth every few
// seconds while nothing is lost, up to a little below where losses are likely: a sweep gains less from the last
// percents than it loses by finding out where they end. A loss that does not follow the rate (a bad line, a router that
// drops the first packet to whom it must resolve first) is recognised by that, and then left to the stages' own
// retries.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/budgets.hpp"
#include "engine/loss_model.hpp"

namespace sonde::core {

class Congestion {
 public:
  /// Times are monotonic ns. `enabled` false: everything is counted and nothing done about it.
  Congestion(PacketBudget& budget, uint64_t set_rate, bool enabled, int64_t now);

  // Any thread; no lock for a packet that was answered.
  void arrived(int64_t sent_at, int64_t now);
  void lost(int64_t sent_at, int64_t now);
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
  static constexpr std::size_t remembered = 4096;  ///< slices of 10 ms
  struct Span {
    int64_t from, to;
    bool of_path;  ///< what shows is that packets were lost; else that this machine dropped them
  };
  struct Step {  ///< the rate grew
    int64_t at;
    uint64_t rate;
  };
  /// Fates of the packets that were sent at about the same time, as far as they are known.
  struct Cohort {
    int64_t from = 0;  ///< when its first packet was sent
    uint64_t arrived = 0, lost = 0;
    bool lossy(uint64_t least, double share) const;
    double share() const;
  };

  /// A time of one rate.
  struct Regime {
    int64_t from;
    uint64_t permitted;  ///< packets a second; 0: as set
  };

  int64_t number_of(int64_t time) const;
  int64_t first_after(int64_t time) const;
  void note(int64_t sent_at, uint64_t what);
  Cohort cohort(int64_t first, int64_t last, uint64_t size) const;
  LossVerdict verdict(int64_t last, int64_t now) const;
  void judge(int64_t last, uint64_t least, int64_t now);
  void fall(const LossVerdict&, uint64_t rate, int64_t from, int64_t now);
  void note_delay(int64_t sent_at, int64_t now);
  void judge_the_last(int64_t silent_since, int64_t now);
  int64_t faster_since(uint64_t rate, int64_t otherwise) const;
  void slow_for_this_machine(double part, int64_t now);
  void fall_to(uint64_t rate, int64_t now);
  void in_doubt(Span);
  void doubt_around(int64_t number);
  void resign(int64_t now);
  void set_rate(uint64_t rate, int64_t now);
  void join_similar_regimes();
  void grow_if_due(int64_t now);
  void grow(int64_t now);

  PacketBudget& budget_;
  const uint64_t set_;  ///< 0: unlimited
  const bool enabled_;
  const int64_t start_;
  const uint64_t least_;  ///< packets a second; the path is never asked more slowly
  /// Number of the slice, packets that arrived, packets that were lost: 32, 16 and 16 bits.
  std::array<std::atomic<uint64_t>, remembered> slices_{};
  std::atomic<uint64_t> rate_{0}, lowest_{0};
  std::atomic<uint32_t> falls_{0};
  std::atomic<int64_t> next_growth_{INT64_MAX};

  std::mutex mutex_;                      ///< of what follows; losses and decisions are rare
  std::atomic<int64_t> doubt_until_{-1};  ///< nothing that was sent later is in doubt
  std::vector<Span> doubt_;
  /// Slice. Set under the lock; silence() looks before it takes that.
  std::atomic<int64_t> newest_lost_{-1};
  std::atomic<int64_t> suspect_until_{0};
  std::atomic<bool> unjudged_{false};  ///< losses that were too few at the time, or told last
  std::vector<Regime> regimes_;        ///< the last one is the present
  int64_t fell_ = 0;                   ///< when the rate last fell, or was set free
  int64_t last_trouble_ = 0;           ///< of this machine
  int64_t resigned_until_ = 0;         ///< nearly all is lost at any rate
  int64_t next_verdict_ = 0;
  int64_t ripe_after_;                    ///< an attempt whose loss is not told by then is taken to have arrived
  int64_t told_at_ = 0, told_after_ = 0;  ///< the last loss that was told
  uint32_t path_falls_ = 0;               ///< for losses on the path
  uint32_t nearly_all_ = 0;               ///< of those, one after the other, as nearly all was lost
  bool line_likely_ = false;
  uint64_t free_rate_ = 0;   ///< packets a second that left before the rate fell first
  double line_share_ = 0;    ///< lost at any speed, as far as that was found out
  std::vector<Step> steps_;  ///< since the last fall
};

}  // namespace sonde::core
