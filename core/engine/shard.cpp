// The shard's thread: intake of hosts, deadlines, hand-over to the coordinator. How a host goes through the stages is
// in shard_stages.cpp, what it waits for in shard_shortages.cpp, its connections are in shard_dials.cpp.
#include "engine/shard.hpp"

#include <algorithm>

#include "engine/crash.hpp"
#include "engine/probe_instance.hpp"
#include "engine/services.hpp"
#include "engine/worker_pool.hpp"
#include "plan/estimate.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

namespace {
constexpr int64_t flush_every_ns = 50'000'000;
constexpr std::size_t flush_at = 512;
constexpr uint64_t most_held_facts = 1u << 16;  // over all shards: some 30 MB where hosts have services and scripts
constexpr uint32_t enough_pending = 1024;       // hosts queued before the first stage: more only costs memory
constexpr int64_t least_pause_ns = 500'000;
constexpr int64_t look_every_ns = 5'000'000;

void* this_thread() {
  static thread_local char here;
  return &here;
}

uint32_t capacity_of(const RunShared& s, const Slice& slice) {
  const uint64_t share = std::max<uint64_t>(1, s.plan.limits.hosts_in_flight / s.shard_count);
  return static_cast<uint32_t>(std::clamp<uint64_t>(slice.count, 1, std::min<uint64_t>(share, 1u << 24)));
}
}  // namespace

Shard::Shard(RunShared& shared, uint32_t index, Slice slice, const std::vector<std::shared_ptr<WorkerPool>>& pools)
    : shared_(shared),
      index_(index),
      slice_(slice),
      position_(slice.start),
      slots_(capacity_of(shared, slice), static_cast<uint32_t>(shared.plan.stages.size())),
      turns_(shared.budgets.last_had),
      ledger_(shared.written[index], slots_.capacity(), std::max<uint64_t>(1, most_held_facts / shared.shard_count)),
      owner_(this_thread()) {
  const std::size_t n = shared.plan.stages.size();
  stages_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    ShardStage& s = stages_[i];
    s.plan = &shared.plan.stages[i];
    s.index = static_cast<uint8_t>(i);
    if (!s.plan->enabled) continue;
    const PluginEntry& p = *s.plan->plugin;
    const auto shards = static_cast<uint32_t>(shared.shard_count);
    const Value& options = s.plan->options;
    s.window = p.max_in_flight == 0 ? slots_.capacity() : std::max(1u, p.max_in_flight / shards);
    const uint32_t batch = batch_of(p, options);
    s.max_batch = batch == 0 ? 256 : batch;
    s.writes_link =
        std::find(s.plan->outputs.begin(), s.plan->outputs.end(), FieldTable::link) != s.plan->outputs.end();
    s.needs_neighbours = (needs_of(p, options) & SONDE_NEED_RAW) && !s.writes_link;
    s.paced =
        reaches_network(p, options) && (!cost_expression(p, options, "silent") || cost_of(p, options, "silent") > 0);
    s.services = services_of(options, p.schema);
    if (p.blocking()) s.pool = pools[i].get();
  }
}

Shard::~Shard() {
  owner_.store(this_thread(), std::memory_order_release);  // what plugins still call belongs to who destroys them
  for (auto s = stages_.rbegin(); s != stages_.rend(); ++s) s->instance.reset();
  // What plugins say last.
  Batch words;
  words.logs = std::move(batch_.logs);
  if (!words.empty()) shared_.inbox.deliver(std::move(words));
}

void Shard::hold_sockets(HeldSockets& held) const {
  for (const ShardStage& s : stages_)
    if (s.instance) s.instance->hold_sockets(held);
}

bool Shard::on_own_thread() const {
  return owner_.load(std::memory_order_acquire) == this_thread();
}

bool Shard::post_if_open(std::function<void()> work) {
  std::lock_guard lock(gate_);
  if (!open_) return false;
  loop_.post(std::move(work));
  return true;
}

void Shard::stop() {
  loop_.post([this] {
    stopping_ = true;
    cancel_all();
  });
}

void Shard::look_again() {
  loop_.post([] {});
}

void Shard::run() {
  void* const creator = owner_.exchange(this_thread());
  {
    std::lock_guard lock(gate_);
    open_ = true;
  }
  AltStack alternative;
  last_flush_ = monotonic_ns();
  for (;;) {
    loop_.round();
    look_at_losses();
    expire();
    serve_turns();
    pump();
    flush(false);
    if (slots_.used() == 0 && (stopping_ || position_ >= slice_.end())) break;
    if (!overloaded_ && !loop_.busy() && !(kept_out_ && ledger_.await_room(slots_.used()))) loop_.wait(next_wake());
  }
  {
    std::lock_guard lock(gate_);
    open_ = false;
  }
  loop_.round();  // what a plugin's own thread posted before that still gets its answer
  next_look_ = 0;
  look_at_losses();
  flush(true);
  owner_.store(creator, std::memory_order_release);
  shared_.inbox.shard_finished();
}

int64_t Shard::next_wake() const {
  const int64_t now = monotonic_ns();
  int64_t next = batch_.empty() ? now + 10 * flush_every_ns : last_flush_ + flush_every_ns;
  next = std::min(next, pace_wake_);
  for (const ShardStage& s : stages_) {
    if (s.running.head != no_slot) next = std::min(next, slots_.at(s.running.head).deadline);
    if (s.pending.head != no_slot && s.blocked_until > now) next = std::min(next, s.blocked_until);
    if (s.placeless.head != no_slot && s.places_at > now) next = std::min(next, s.places_at);
  }
  // A look that is due already was just had; what it left comes with the next.
  next = std::min(next, std::max(turns_.next_look(), now + least_pause_ns));
  if (!turns_.empty(Shortage::packets)) next = std::min(next, shared_.budgets.packets.next_time(now));
  return next;
}

void Shard::intake(int64_t stop_at) {
  kept_out_ = false;
  if (stopping_) return;
  ShardStage* first = nullptr;
  for (ShardStage& s : stages_)
    if (s.plan->enabled && shared_.unavailable[s.index].empty()) {
      first = &s;
      break;
    }
  uint32_t since_clock = 0;
  while (position_ < slice_.end() && (!first || first->pending.size < enough_pending)) {
    if (!has_room()) {
      kept_out_ = ledger_.waits_for_writing(slots_.used());
      return;
    }
    if (++since_clock % 64 == 0 && monotonic_ns() >= stop_at) return;
    const uint64_t position = position_++;
    if (shared_.settled && shared_.settled->contains(position)) {
      ++settled_count_;
      continue;
    }
    const uint32_t slot = slots_.take();
    slots_[slot].position = position;
    slots_[slot].ip = shared_.plan.targets.at(shared_.order(position));
    add_core_facts(slots_[slot]);
    advance(slot, 0);
  }
}

void Shard::look_at_losses() {
  const int64_t now = monotonic_ns();
  if (now < next_look_) return;
  next_look_ = now + look_every_ns;
  for (ShardStage& s : stages_)
    if (s.instance) s.instance->look_for_drops(now);
  const uint32_t falls = shared_.congestion.falls();
  if (falls == falls_seen_) return;
  falls_seen_ = falls;
  for (ShardStage& s : stages_)
    if (s.instance && s.paced && s.instance->judges_silence()) give_time(s, shared_.congestion.rate());
}

// A deadline was set for the speed of its time. To be asked up to eight times more, each behind a verdict of two
// seconds, takes longer now: for all that are under way and all that come. By the same amount, so that their order
// stays.
void Shard::give_time(ShardStage& s, uint64_t rate) {
  if (rate == 0) return;
  constexpr uint64_t rounds = 9, most = 3600;
  const uint64_t packets = std::max<uint64_t>(1, cost_of(*s.plan->plugin, s.plan->options, "silent"));
  const uint64_t round = 2 + s.running.size * packets * shared_.shard_count / rate;
  const auto wanted = static_cast<int64_t>(std::min(rounds * std::min(round, most), most)) * 1'000'000'000;
  const int64_t more = wanted - s.allowance;
  if (more <= 0) return;
  s.allowance = wanted;
  for (uint32_t slot = s.running.head; slot != no_slot; slot = slots_[slot].next) {
    HostSlot& h = slots_[slot];
    (h.deadline == INT64_MAX ? h.extras->left : h.deadline) += more;  // it may stand still
  }
}

void Shard::add_core_facts(HostSlot& h) {
  const Plan& plan = shared_.plan;
  if (const std::string& name = plan.targets.name_of(h.ip); !name.empty())
    h.facts.push_back(Fact{FieldTable::hostname, core_stage, {}, Scalar::of(name)});
  if (plan.source_facts.empty()) return;
  const std::size_t before = h.facts.size();
  if (auto read = plan.source_facts.find(h.ip, h.facts); !read) {
    h.facts.resize(before);  // half of what is known would look like all of it
    ++shared_.unreadable;
  }
  h.source_facts = static_cast<uint32_t>(h.facts.size() - before);
  ledger_.came(h.source_facts);
}

void Shard::expire() {
  const int64_t now = loop_.settled_time();
  for (ShardStage& s : stages_) {
    while (s.running.head != no_slot && slots_[s.running.head].deadline <= now) {
      const uint32_t slot = s.running.head;
      if (slots_[slot].state == SlotState::in_worker) {
        expire_job(s, slot);
        continue;
      }
      const sonde_task task = slots_.task_of(slot);
      s.instance->call_cancel(task, slots_[slot].user, SONDE_EXPIRED);
      if (slots_.find(task, s.index) == no_slot) continue;
      finish_unanswered(slot);  // what was put stays: it was learned before the time ran out
    }
  }
}

void Shard::expire_job(ShardStage& s, uint32_t slot) {
  constexpr int64_t grace_ns = 1'000'000'000;
  HostSlot& h = slots_[slot];
  Job& job = *h.extras->job;
  if (!job.cancelled.load()) {
    WorkerPool::cut_off(job);
    slots_.unlink(s.running, slot);
    h.deadline += grace_ns;
    slots_.insert_by_deadline(s.running, slot);
    return;
  }
  bool done_before = false;
  {
    std::lock_guard lock(job.mutex);
    done_before = job.closed;
  }
  s.pool->write_off(job);
  if (done_before) return finish_job(slot);  // a batch mate hangs, this one had its answer
  h.facts.insert(h.facts.end(), job.outputs.begin(), job.outputs.end());
  if (stopping_) return finish(slot, Outcome::cancelled);  // the run ended before its time did
  finish(slot, Outcome::error, "the plugin did not return within its deadline");
}

void Shard::cancel_all() {
  for (ShardStage& s : stages_) {
    pass_waiting(s, s.index);
    if (s.pool) {
      for (uint32_t slot = s.running.head; slot != no_slot; slot = slots_[slot].next)
        WorkerPool::cut_off(*slots_[slot].extras->job);
      slots_.due_by(s.running, monotonic_ns() + 1'000'000'000);
      s.pool->cancel_queued(*this);
      continue;
    }
    // The plugin may end others than the one that it is asked about.
    while (s.running.head != no_slot) {
      const uint32_t slot = s.running.head;
      const sonde_task task = slots_.task_of(slot);
      s.instance->call_cancel(task, slots_[slot].user, SONDE_STOPPED);
      if (slots_.find(task, s.index) != no_slot) finish(slot, Outcome::cancelled);
    }
  }
}

void Shard::log(int level, std::string text, bool own) {
  if (level > shared_.log_level) return;
  if (batch_.logs.size() >= 1000) {
    ++logs_left_out_;
    return;
  }
  batch_.logs.push_back({level, std::move(text), own});
}

void Shard::flush(bool force) {
  const std::size_t weight = batch_.results.size() + batch_.settled.size() + batch_.silent.size() / 16;
  const int64_t now = monotonic_ns();
  if (!force && !ledger_.crowded() && weight < flush_at && now - last_flush_ < flush_every_ns) return;
  last_flush_ = now;
  if (const uint64_t n = std::exchange(logs_left_out_, 0); n != 0)
    batch_.logs.push_back({SONDE_LOG_WARN, std::to_string(n) + " further lines of the log are left out here", true});
  std::vector<StageCounters> counters;
  counters.reserve(stages_.size());
  for (ShardStage& s : stages_) {
    s.counters.in_flight = s.running.size;
    s.counters.waiting = s.pending.size + s.placeless.size;
    counters.push_back(s.counters);
  }
  shared_.inbox.count(index_, counters, settled_count_);
  if (batch_.empty()) return;
  const InFlightLedger::Told told = ledger_.tell();
  batch_.handed_over.push_back({index_, told.hosts, told.facts});
  shared_.inbox.deliver(std::exchange(batch_, {}));
}

}  // namespace sonde::core
