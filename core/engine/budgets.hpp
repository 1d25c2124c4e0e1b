// What all shards share: how many packets may leave, how many descriptors and neighbour entries may be in use.
// Lock-free and taken in batches, so that two shards do not wait for each other.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "engine/shortages.hpp"

namespace sonde::core {

/// Packets per second for the whole run, as a virtual schedule (GCRA): every packet moves the theoretical arrival time
/// of the next by one interval; at most 10 ms of unused rate is saved up, and so no more than that leaves in one burst.
class PacketBudget {
 public:
  /// per_second 0: unlimited. `now`: monotonic ns, the start of the run.
  PacketBudget(uint64_t per_second, int64_t now);
  /// How many of `want` may leave at `now`. When fewer, *again is when the next ones may.
  uint32_t take(uint32_t want, int64_t now, int64_t* again);
  /// A packet of just now that could not leave after all.
  void give_back(int64_t now);
  /// How many could leave at `now`, without taking any.
  uint64_t available(int64_t now) const;
  int64_t next_time(int64_t now) const;
  bool limited() const { return interval_.load(std::memory_order_relaxed) != 0; }
  uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }

  /// No more than that from now on, and never more than was set; 0: what was set. See congestion.hpp.
  void slow_to(uint64_t per_second);
  /// Packets a second that left between the two times, of which no more than 41 s are remembered; 0: none.
  uint64_t rate_between(int64_t from, int64_t to) const;
  /// The same, of those hundredths of a second alone in which any left.
  uint64_t busy_rate_between(int64_t from, int64_t to) const;

  static constexpr int64_t hundredth_ns = 10'000'000;
  static constexpr std::size_t hundredths_kept = 4096;

 private:
  struct Hundredth {  ///< what left in one hundredth of a second
    std::atomic<int64_t> number{-1};
    std::atomic<uint32_t> packets{0};
  };
  struct Sent {
    uint64_t packets;
    int64_t hundredths, busy, time;
  };
  Sent sent_between(int64_t from, int64_t to) const;
  Hundredth& hundredth(int64_t now);

  const int64_t start_;
  const uint64_t set_;             ///< per second; 0: unlimited
  std::atomic<int64_t> interval_;  ///< picoseconds between packets; 0: unlimited
  std::atomic<int64_t> next_{0};   ///< picoseconds since start_
  std::atomic<uint64_t> taken_{0};
  std::array<Hundredth, hundredths_kept> history_{};  // as long as losses are remembered (congestion.cpp)
};

/// A number of places, e.g. file descriptors.
class CountBudget {
 public:
  explicit CountBudget(int64_t limit) : left_(limit) {}
  bool take() {
    if (left_.fetch_sub(1, std::memory_order_relaxed) > 0) return true;
    left_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  void give_back() { left_.fetch_add(1, std::memory_order_relaxed); }
  int64_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> left_;
};

/// Places in the kernel's neighbour table for on-link targets that the kernel must resolve. A full table drops packets
/// of everybody on this machine and tells nobody, so only half of gc_thresh3 is ever filled by us.
class NeighbourBudget {
 public:
  NeighbourBudget();  ///< reads the limits of this machine
  NeighbourBudget(int64_t threshold, int64_t present) : threshold_(threshold), present_(present) {}
  bool take(int64_t now);
  /// Reads how many entries the kernel has now; called every 250 ms by one thread.
  void refresh();
  int64_t threshold() const { return threshold_; }

 private:
  int64_t threshold_;
  std::atomic<int64_t> present_{0};
  std::atomic<int64_t> taken_since_{0};
  std::atomic<int64_t> next_trickle_{0};
};

struct Budgets {
  Budgets(uint64_t packets_per_second, int64_t most_descriptors, int64_t now)
      : packets(packets_per_second, now), descriptors(most_descriptors) {}
  PacketBudget packets;
  CountBudget descriptors;
  NeighbourBudget neighbours;
  LastHad last_had;
};

}  // namespace sonde::core
