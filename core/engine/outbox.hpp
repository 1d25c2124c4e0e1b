// What shards tell the coordinator: results for the journal, hosts that are settled, counters. Collected on the shard's
// thread, handed over in batches.
#pragma once
#include <array>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "inventory/record.hpp"
#include "targets/permutation.hpp"

namespace sonde::core {

struct StageCounters {
  OutcomeCounts by_outcome{};
  uint64_t first_alive = 0;  ///< hosts that this stage was the first to hear of
  uint64_t in_flight = 0, waiting = 0, postponed = 0;
  uint64_t dropped_receive = 0;  ///< packets that its sockets dropped for want of buffer
  uint64_t queue_full = 0;       ///< packets that found no room in a send queue, and left later
  uint64_t asked_again = 0;      ///< questions beyond the stage's own tries, because packets were being lost
  uint64_t in_doubt = 0;         ///< unanswered, on fewer tries that prove something than promised
};

struct Batch {
  struct Result {
    IpAddress ip{};
    uint8_t stage = 0;
    Outcome outcome{};
    std::vector<Fact> facts;
    std::string why;
  };
  struct Settled {
    uint64_t position = 0;
    bool whole = true;  ///< false: to be asked again by --resume, since the run ended before its turn came, or unasked
    HostRecord record;
  };
  /// A host that went through all stages, and that failed ones left without an answer. Its record, if it has one, is
  /// among `settled`.
  struct Unasked {
    uint64_t position = 0;
    IpAddress ip{};
    std::vector<Outcome> outcomes;
    std::vector<uint8_t> stages;  ///< those that failed
  };
  struct Log {
    int level = 0;
    std::string text;
    bool own = false;  ///< what sonde does itself, and no plugin says
  };
  struct StageFailure {
    uint8_t stage = 0;
    std::string why;
  };
  std::vector<Result> results;
  std::vector<Settled> settled;
  /// Positions settled with nothing to remember, as runs in the order of settling: silent targets mostly end as they
  /// began, so that thousands of them are one entry.
  std::vector<Slice> silent;
  std::vector<OutcomeCounts> silent_outcomes;  ///< by stage: of those
  std::vector<Unasked> unasked;
  std::vector<Log> logs;
  std::vector<StageFailure> failures;
  struct HandedOver {
    std::size_t shard = 0;
    uint64_t hosts = 0, facts = 0;  ///< of the hosts that it has settled and told of so far
  };
  std::vector<HandedOver> handed_over;
  void add_silent(uint64_t position) {
    if (!silent.empty() && silent.back().end() == position)
      ++silent.back().count;
    else
      silent.push_back({position, 1});
  }
  bool empty() const {
    return results.empty() && settled.empty() && silent.empty() && unasked.empty() && logs.empty() && failures.empty();
  }
};

/// The coordinator's letter box. Any thread.
class Inbox {
 public:
  explicit Inbox(std::size_t shards) : counters_(shards) {}
  void deliver(Batch&&);
  void count(std::size_t shard, const std::vector<StageCounters>&, uint64_t settled);
  void shard_finished();
  /// Everything delivered so far; waits up to `ms` when there is nothing.
  Batch collect(int ms);
  std::size_t finished() const;
  /// Summed over the shards.
  std::vector<StageCounters> counters(uint64_t* settled) const;

 private:
  struct PerShard {
    std::vector<StageCounters> stages;
    uint64_t settled = 0;
  };
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Batch batch_;
  std::vector<PerShard> counters_;
  std::size_t finished_ = 0;
};

}  // namespace sonde::core
