// The threads of a blocking stage: one plugin instance each, jobs from a queue, results posted to the shard that owns
// the host. A thread that a plugin does not give back is written off and replaced, a bounded number of times.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/convert.hpp"
#include "engine/run_shared.hpp"
#include "sonde/plugin.h"

namespace sonde::core {

class Shard;
class WorkerInstance;

/// One task of a blocking probe. It has copies of what it reads, so that a plugin that never returns holds nothing of
/// the shard's. `mutex` guards what both sides touch.
struct Job : std::enable_shared_from_this<Job> {
  Job(Shard& s, uint8_t stage_index, uint32_t host_slot, uint32_t host_generation, const IpAddress& address,
      std::vector<Fact> known, std::vector<Outcome> so_far)
      : shard(s),
        stage(stage_index),
        slot(host_slot),
        generation(host_generation),
        ip(address),
        inputs(std::move(known)),
        outcomes(std::move(so_far)) {}
  /// Calls it on the shard's thread soon, unless the job is written off: the shard may be gone by then. Any thread.
  void tell_shard(void (Shard::*what)(const Job&));

  Shard& shard;
  const uint8_t stage;
  const uint32_t slot, generation;
  const IpAddress ip;
  const std::vector<Fact> inputs;
  const std::vector<Outcome> outcomes;  ///< of the host, by stage
  std::atomic<bool> cancelled{false};
  std::atomic<int64_t> deadline{0};

  std::mutex mutex;
  bool closed = false;  ///< done, or written off: whatever comes now is stale
  bool written_off = false;
  bool postponed = false;
  bool quarantined = false;  ///< no worker has taken it, nor will one
  Outcome outcome = Outcome::error;
  std::string why;
  std::vector<Fact> outputs;
  std::unique_ptr<FactIndex> output_index;
  FieldItems items;  ///< of the inputs
  bool neighbour_place = false;
  std::atomic<bool> lacks_place{false};  ///< was refused one, and asked nobody since
  std::vector<int> sockets;              ///< opened by connect()
  int worker = -1;                       ///< index of the thread that has it
};

/// For what a thread that a plugin never gave back may still look at.
void keep_for_ever(std::shared_ptr<void> what);

class WorkerPool : public std::enable_shared_from_this<WorkerPool> {
 public:
  WorkerPool(RunShared& shared, uint8_t stage);
  ~WorkerPool();
  /// Creates the instances, `most` at most. A Diagnostic says why the plugin would not.
  Result<void> create(std::size_t most = SIZE_MAX);
  /// A thread for each instance; `resources` when the system refuses one. stop() ends those that there are.
  Result<void> start();

  /// A queue of two jobs a worker is enough to keep all busy. Each shard has as much for itself: who is refused then
  /// hears of room when a job of its own begins, and no other shard is there before it.
  bool has_room(uint32_t shard) const;
  bool submit(std::shared_ptr<Job> job);  ///< false: quarantined
  static constexpr std::string_view why_quarantined = "all of its workers hang; the stage is quarantined";
  /// Ends the reads and writes of what connect() gave out: a plugin that waits in one comes back.
  static void cut_off(Job& job);
  /// The worker that has this job is lost; another takes its place.
  void write_off(Job& job);
  /// Jobs of this shard that no worker has taken yet come back as cancelled.
  void cancel_queued(Shard&);
  /// Ends the threads; those that do not come back within two seconds are left behind. True if all came back.
  bool stop();

 private:
  struct Worker {
    std::unique_ptr<WorkerInstance> instance;
    bool lost = false;
  };
  static void thread_body(std::shared_ptr<WorkerPool> pool, std::size_t index);
  std::vector<std::shared_ptr<Job>> next_batch(std::size_t index);
  Result<void> launch(std::size_t index);
  void quarantine_if_empty();  ///< no thread is left: what waits becomes errors

  RunShared& shared_;
  const uint8_t stage_;
  const StagePlan& plan_;
  std::size_t max_batch_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> queue_;
  std::vector<std::size_t> queued_;  ///< of those, by shard
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t live_ = 0, replaced_ = 0, wanted_ = 0;
  bool stopping_ = false, quarantined_ = false;
};

}  // namespace sonde::core
