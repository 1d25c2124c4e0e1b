// A shard: one thread, one event loop, one slice of the permuted target space, one instance of every asynchronous
// probe. Hosts live their whole life in one shard; shards share nothing but budgets and the inbox.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/dial_turns.hpp"
#include "engine/event_loop.hpp"
#include "engine/host_slots.hpp"
#include "engine/in_flight_ledger.hpp"
#include "engine/run_shared.hpp"

namespace sonde::core {

class HeldSockets;
class ProbeInstance;
class WorkerPool;

/// How long a stage is offered nothing when it took less than it was offered, or postponed a task.
inline constexpr int64_t retry_offer_ns = 10'000'000;

/// A stage as one shard sees it.
struct ShardStage {
  const StagePlan* plan = nullptr;
  uint8_t index = 0;
  std::unique_ptr<ProbeInstance> instance;  ///< asynchronous
  WorkerPool* pool = nullptr;               ///< blocking
  SlotList pending, running;                ///< running is sorted by deadline
  SlotList placeless;                       ///< wait for a place in the kernel's neighbour table, the first the longest
  std::vector<IpAddress> services;          ///< servers that the stage's options name
  uint32_t window = 0;                      ///< tasks at a time
  uint32_t max_batch = 0;
  bool paced = false;  ///< sends packets: offered no faster than the rate
  bool writes_link = false;
  bool needs_neighbours = false;  ///< sends packets of its own through the kernel's neighbour table
  int64_t blocked_until = 0;      ///< start() took fewer than offered
  int64_t places_at = 0;          ///< when to ask again for who is placeless
  int64_t cost_per_task = 2000;   ///< ns in start(), measured
  int64_t allowance = 0;          ///< ns beyond the plan's deadline, since packets are being lost; only grows
  std::string failed;             ///< why the stage has failed, or empty
  StageCounters counters;
};

class Shard {
 public:
  Shard(RunShared& shared, uint32_t index, Slice slice, const std::vector<std::shared_ptr<WorkerPool>>& pools);
  ~Shard();

  EventLoop& loop() { return loop_; }
  HostSlots& slots() { return slots_; }
  RunShared& shared() { return shared_; }
  const Plan& plan() const { return shared_.plan; }
  ShardStage& stage(uint8_t i) { return stages_[i]; }
  uint32_t index() const { return index_; }
  bool on_own_thread() const;
  /// Runs `work` on the shard's thread soon; false when it takes no more. Any thread.
  bool post_if_open(std::function<void()> work);

  /// Thread body: until every host of the slice is settled or stop() took effect.
  void run();
  /// Ends the run with what is known. Any thread.
  void stop();
  /// There may be room for more hosts. Any thread.
  void look_again();
  /// Those of its instances, which are destroyed next.
  void hold_sockets(HeldSockets&) const;

  // For instances, on the shard's thread -----------------------------------------------------------------------------

  /// The task of this slot is over.
  void finish(uint32_t slot, Outcome, std::string why = {});
  /// With no answer; but who was never admitted has asked nobody, and ends in an error.
  void finish_unanswered(uint32_t slot);
  /// The plugin did not ask: the run or the task's time is over, or it had nothing to ask of this target.
  void finish_cancelled(uint32_t slot);
  /// The task was short of something local: forget what it put, offer it again.
  void postpone(uint32_t slot);
  /// The stage cannot go on: all of its tasks become errors.
  void fail_stage(uint8_t stage, const std::string& why);
  void close_connection(uint32_t slot, uint64_t id, bool reset, const ProbeInstance& owner);
  /// A dial has to wait for its turn: AGAIN. INVALID: too many of this task do; IO: it has waited too long.
  sonde_err queue_dial(Shortage, ProbeInstance&, sonde_task, uint64_t user);
  bool may_wait(uint32_t slot, const ProbeInstance&);
  /// A dial has led to a connection; `host`: of the task, nullptr for task 0.
  void dialled(SlotExtras* host, uint64_t connection);
  /// What admit() answers who has a packet of the rate, and a place in the neighbour table or not: AGAIN, or IO when it
  /// has waited too long for one.
  sonde_err admission(uint32_t slot, bool has_place);
  void something_came_free(uint8_t stage) { stages_[stage].blocked_until = 0; }
  std::string_view name_of(const IpAddress& ip) const { return shared_.plan.targets.name_of(ip); }
  /// `own`: of what sonde does itself.
  void log(int level, std::string text, bool own = false);
  /// A place in the kernel's neighbour table, if this host needs one; `by_mac`: not when it can be addressed directly.
  bool neighbour_place(HostSlot&, int64_t now, bool by_mac);

  // For the worker pool, posted to the shard's thread
  void job_runs(const Job&);   ///< the clock of the task runs, to the deadline that the job has
  void job_waits(const Job&);  ///< the clock stands still
  void job_finished(const Job&);

 private:
  void intake(int64_t stop_at);
  void pump();
  bool offer(ShardStage&, int64_t now);
  bool offer_to_pool(ShardStage&);
  bool is_current(const Job&) const;
  void finish_job(uint32_t slot);
  uint32_t next_to_offer(ShardStage&, int64_t now);
  uint32_t pop_placeless(ShardStage&);
  void pass_waiting(ShardStage&, uint8_t to);
  void give_up_placeless(ShardStage&, int64_t now);
  bool needs_neighbour_place(const HostSlot&, bool by_mac) const;
  void begin_task(uint32_t slot, int64_t now);
  void note_shortage(HostSlot&, Shortage, int64_t now);
  bool short_for_good(const HostSlot&, int64_t now) const;
  void give_back(ShardStage&, uint32_t slot);
  void drop_connections(uint32_t slot);
  void advance(uint32_t slot, uint8_t from);
  bool wanted(const ShardStage&, HostSlot&) const;
  void settle(uint32_t slot, bool whole);
  void tell_unasked(uint32_t slot);
  void serve_host(sonde_task, uint8_t stage);
  bool worth_a_record(const HostSlot&) const;
  bool has_room() const { return ledger_.has_room(slots_.used()); }
  void add_core_facts(HostSlot&);
  void expire();
  void expire_job(ShardStage&, uint32_t slot);
  void look_at_losses();
  void give_time(ShardStage&, uint64_t rate);
  void serve_turns();
  void serve(const DialTurns::Turn&, int64_t now);
  void cancel_all();
  void flush(bool force);
  int64_t next_wake() const;
  void trace_end(const ShardStage&, const IpAddress&, Outcome);
  void count_outcome(uint8_t stage, Outcome o) { ++stages_[stage].counters.by_outcome[static_cast<std::size_t>(o)]; }

  RunShared& shared_;
  uint32_t index_;
  Slice slice_;
  uint64_t position_;
  EventLoop loop_;
  HostSlots slots_;
  std::vector<ShardStage> stages_;
  DialTurns turns_;
  std::vector<sonde_task> offered_;
  Batch batch_;
  uint64_t settled_count_ = 0;
  InFlightLedger ledger_;
  uint64_t logs_left_out_ = 0;  ///< since the last flush
  int64_t last_flush_ = 0;
  int64_t pace_wake_ = INT64_MAX;
  bool stopping_ = false;
  bool overloaded_ = false;   ///< the pump ran out of its time with work left
  bool kept_out_ = false;     ///< the last intake left hosts outside until others are written
  std::atomic<void*> owner_;  ///< the thread that may touch all this: who made it, runs it or destroys it
  std::mutex gate_;
  bool open_ = false;        ///< run() takes what is posted
  int64_t next_look_ = 0;    ///< at our sockets' drops
  uint32_t falls_seen_ = 0;  ///< of the rate
};

}  // namespace sonde::core
