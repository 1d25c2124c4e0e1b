// How a host goes through the stages: which stage is next, when it is offered, what its end means.
#include <algorithm>
#include <iterator>

#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
#include "engine/worker_pool.hpp"
#include "inventory/facts.hpp"

namespace sonde::core {

namespace {
constexpr int64_t pump_share_ns = 1'000'000;  // offering work, before I/O gets its turn again

bool says_alive(const Fact& f) {
  return f.field == FieldTable::alive && f.value.as_bool();
}
}  // namespace

bool Shard::wanted(const ShardStage& s, HostSlot& h) const {
  if (!s.plan->when) return true;
  if (!shared_.plan.assume_up) return s.plan->when->test(h.ip, h.facts);
  std::vector<Fact> assumed = h.facts;
  assumed.push_back(Fact{FieldTable::alive, core_stage, {}, Scalar::boolean(true)});
  return s.plan->when->test(h.ip, assumed);
}

void Shard::advance(uint32_t slot, uint8_t from) {
  HostSlot& h = slots_[slot];
  h.state = SlotState::queued;
  Outcome* outcomes = slots_.outcomes(slot);
  const auto end_here = [&](const ShardStage& s, Outcome o) {
    outcomes[s.index] = o;
    count_outcome(s.index, o);
    trace_end(s, h.ip, o);
  };
  for (std::size_t i = from; i < stages_.size(); ++i) {
    ShardStage& s = stages_[i];
    if (!s.plan->enabled) continue;
    if (stopping_) {
      end_here(s, Outcome::skipped_shutdown);
    } else if (!shared_.unavailable[i].empty()) {
      end_here(s, Outcome::skipped_unavailable);
    } else if (h.link_silent && shared_.plan.limits.trust_arp) {
      end_here(s, Outcome::skipped_no_neighbour);
    } else if (!wanted(s, h)) {
      end_here(s, Outcome::skipped_when);
    } else if (!s.failed.empty()) {
      end_here(s, Outcome::error);
      h.unasked = true;
      batch_.results.push_back({h.ip, s.index, Outcome::error, {}, s.failed});
    } else {
      const auto crashed = shared_.crashed.empty() ? shared_.crashed.end() : shared_.crashed.find(h.ip);
      if (crashed != shared_.crashed.end() && crashed->second.test(i)) {
        end_here(s, Outcome::error);
        batch_.results.push_back({h.ip, s.index, Outcome::error, {}, "the plugin crashed on this target before"});
        continue;
      }
      h.stage = static_cast<uint8_t>(i);
      // What this stage is short of is another matter.
      if (h.extras) {
        h.extras->short_of_since = h.extras->short_since = h.extras->untaken_since = 0;
        h.extras->worked_before = 0;
      }
      slots_.push(s.pending, slot);
      return;
    }
  }
  settle(slot, !stopping_ || std::none_of(outcomes, outcomes + slots_.stages(), [](Outcome o) {
           return o == Outcome::skipped_shutdown || o == Outcome::cancelled;
         }));
}

bool Shard::needs_neighbour_place(const HostSlot& h, bool by_mac) const {
  return !h.neighbour_place && !(by_mac && h.link_direct) && shared_.plan.scope.on_link(h.ip);
}

bool Shard::neighbour_place(HostSlot& h, int64_t now, bool by_mac) {
  if (!needs_neighbour_place(h, by_mac)) return true;
  h.neighbour_place = shared_.budgets.neighbours.take(now);
  if (h.neighbour_place) shared_.budgets.last_had.note(Shortage::neighbours, now);
  return h.neighbour_place;
}

bool Shard::worth_a_record(const HostSlot& h) const {
  return shared_.keep_all || say_something(h.facts, shared_.plan.fields, shared_.keep_detail);
}

void Shard::settle(uint32_t slot, bool whole) {
  HostSlot& h = slots_[slot];
  if (whole) ++settled_count_;
  ledger_.left(h.source_facts);
  const bool unasked = whole && h.unasked;
  if (unasked) tell_unasked(slot);
  if (worth_a_record(h)) {
    ledger_.handed_over(h.facts.size());
    const Outcome* o = slots_.outcomes(slot);
    batch_.settled.push_back(
        {h.position, whole && !unasked, HostRecord{h.ip, std::move(h.facts), {o, o + slots_.stages()}}});
    h.facts = {};
  } else if (unasked) {
    ledger_.handed_over(0);
  } else if (whole) {
    ledger_.handed_over(0);
    batch_.add_silent(h.position);
    batch_.silent_outcomes.resize(slots_.stages());
    for (std::size_t i = 0; i < slots_.stages(); ++i)
      ++batch_.silent_outcomes[i][static_cast<std::size_t>(slots_.outcomes(slot)[i])];
  }
  slots_.release(slot);
  if (ledger_.crowded())
    flush(true);  // now, not after a callback that ends a whole window: it is written while we go on
}

/// What became of each target is too much for anything but `trace`.
void Shard::trace_end(const ShardStage& s, const IpAddress& ip, Outcome outcome) {
  if (shared_.log_level < SONDE_LOG_TRACE) return;
  log(SONDE_LOG_TRACE, s.plan->name + ": " + ip.to_string() + ": " + std::string(to_string(outcome)), true);
}

void Shard::tell_unasked(uint32_t slot) {
  const Outcome* o = slots_.outcomes(slot);
  Batch::Unasked told{slots_[slot].position, slots_[slot].ip, {o, o + slots_.stages()}, {}};
  for (const ShardStage& s : stages_)
    if (!s.failed.empty() && o[s.index] == Outcome::error) told.stages.push_back(s.index);
  batch_.unasked.push_back(std::move(told));
}

void Shard::finish_unanswered(uint32_t slot) {
  if (slots_[slot].not_admitted)
    finish(slot, Outcome::error, std::string(describe(Shortage::neighbours)));
  else
    finish(slot, Outcome::no_answer);
}

void Shard::finish_cancelled(uint32_t slot) {
  const bool told_to = stopping_ || slots_[slot].deadline <= monotonic_ns();
  if (told_to) return finish(slot, Outcome::cancelled);
  // Who gives up since this machine lacks something had something to ask.
  const HostSlot& h = slots_[slot];
  if (h.not_admitted) return finish(slot, Outcome::error, std::string(describe(Shortage::neighbours)));
  if (h.extras && h.extras->short_of_since != 0)
    return finish(slot, Outcome::error, std::string(describe(h.extras->short_of)));
  finish(slot, Outcome::skipped_nothing_to_ask);
}

void Shard::finish(uint32_t slot, Outcome outcome, std::string why) {
  HostSlot& h = slots_[slot];
  ShardStage& s = stages_[h.stage];
  drop_connections(slot);
  if (h.extras) h.extras->job.reset();
  slots_.unlink(s.running, slot);
  slots_.end_task(slot);
  slots_.outcomes(slot)[s.index] = outcome;
  count_outcome(s.index, outcome);
  s.blocked_until = 0;
  const auto put = std::span(h.facts).subspan(std::min<std::size_t>(h.first_fact, h.facts.size()));
  if (s.writes_link)
    for (const Fact& f : put) {
      if (f.field != FieldTable::link) continue;
      h.link_silent = f.value.text == "silent";
      h.link_direct = f.value.text == "direct";
    }
  if (outcome == Outcome::error && !why.empty())
    log(SONDE_LOG_DEBUG, s.plan->name + ": " + h.ip.to_string() + ": " + why, true);
  else
    trace_end(s, h.ip, outcome);
  if (!h.alive && std::any_of(put.begin(), put.end(), says_alive)) {
    h.alive = true;
    ++s.counters.first_alive;
  }
  // Silence costs no line in the journal; whatever was learned has one, also from a task that then fell silent.
  const bool learned = std::any_of(put.begin(), put.end(), [](const Fact& f) { return f.field != FieldTable::link; });
  const bool says = outcome == Outcome::positive || outcome == Outcome::negative || learned;
  if (outcome == Outcome::error || (shared_.journal && says))
    batch_.results.push_back({h.ip, s.index, outcome, {put.begin(), put.end()}, std::move(why)});
  advance(slot, static_cast<uint8_t>(s.index + 1));
}

void Shard::fail_stage(uint8_t index, const std::string& why) {
  ShardStage& s = stages_[index];
  if (!s.failed.empty()) return;
  s.failed = why.empty() ? "the plugin reported a failure without a reason" : why;
  batch_.failures.push_back({index, s.failed});
  while (s.running.head != no_slot) {
    slots_[s.running.head].unasked = true;
    finish(s.running.head, Outcome::error, s.failed);
  }
  pass_waiting(s, index);
}

// Those that the stage has not begun with.
void Shard::pass_waiting(ShardStage& s, uint8_t to) {
  while (s.pending.head != no_slot) advance(slots_.pop(s.pending), to);
  while (s.placeless.head != no_slot) advance(pop_placeless(s), to);
}

void Shard::begin_task(uint32_t slot, int64_t now) {
  HostSlot& h = slots_[slot];
  h.first_fact = static_cast<uint32_t>(h.facts.size());
  h.fact_index.reset();
  h.user = 0;
  h.not_admitted = false;
  if (!h.extras) return;
  h.extras->dial_refused = false;
  h.extras->begun = now;
}

uint32_t Shard::pop_placeless(ShardStage& s) {
  const uint32_t slot = slots_.pop(s.placeless);
  slots_[slot].extras->short_of_since = 0;
  return slot;
}

// A host that waits for a place in the kernel's neighbour table lets those pass that need none.
uint32_t Shard::next_to_offer(ShardStage& s, int64_t now) {
  if (!s.needs_neighbours) return slots_.pop(s.pending);
  if (s.placeless.head != no_slot && s.places_at <= now) {
    HostSlot& first = slots_[s.placeless.head];
    if (neighbour_place(first, now, true)) return pop_placeless(s);
    s.places_at = now + retry_offer_ns;
  }
  for (;;) {
    const uint32_t slot = slots_.pop(s.pending);
    if (slot == no_slot) return no_slot;
    HostSlot& h = slots_[slot];
    const bool must_wait = s.placeless.head != no_slot && needs_neighbour_place(h, true);
    if (!must_wait && neighbour_place(h, now, true)) return slot;
    if (s.placeless.head == no_slot) s.places_at = now + retry_offer_ns;
    h.with_extras().short_of_since = now;
    slots_.push(s.placeless, slot);
  }
}

bool Shard::offer(ShardStage& s, int64_t now) {
  give_up_placeless(s, now);
  if ((s.pending.head == no_slot && s.placeless.head == no_slot) || s.blocked_until > now) return false;
  if (s.pool) return offer_to_pool(s);
  if (s.running.size >= s.window) return false;
  // So many that one start() stays within its share of the loop's time.
  const auto affordable =
      static_cast<uint32_t>(std::max<int64_t>(1, pump_share_ns / std::max<int64_t>(1, s.cost_per_task)));
  uint32_t n = std::min({s.pending.size + s.placeless.size, s.window - s.running.size, s.max_batch, affordable});
  if (s.paced && shared_.budgets.packets.limited()) {
    n = static_cast<uint32_t>(std::min<uint64_t>(n, shared_.budgets.packets.available(now)));
    if (n == 0) {
      pace_wake_ = std::min(pace_wake_, shared_.budgets.packets.next_time(now));
      return false;
    }
  }
  offered_.clear();
  while (offered_.size() < n) {
    const uint32_t slot = next_to_offer(s, now);
    if (slot == no_slot) break;
    begin_task(slot, now);
    slots_[slot].state = SlotState::running;
    slots_[slot].deadline = now + s.plan->deadline + s.allowance;
    slots_.insert_by_deadline(s.running, slot);
    offered_.push_back(slots_.task_of(slot));
  }
  n = static_cast<uint32_t>(offered_.size());
  if (n == 0) return false;
  const int32_t taken = s.instance->call_start(offered_);
  const int64_t cost = (monotonic_ns() - now) / n;
  s.cost_per_task = (3 * s.cost_per_task + cost) / 4;
  if (taken < 0) {
    fail_stage(s.index, s.instance->take_failure(0));
    return true;
  }
  for (auto i = static_cast<uint32_t>(taken); i < n; ++i)
    if (const uint32_t slot = slots_.find(offered_[i], s.index); slot != no_slot) give_back(s, slot);
  if (static_cast<uint32_t>(taken) < n) s.blocked_until = now + retry_offer_ns;
  return taken > 0;
}

bool Shard::offer_to_pool(ShardStage& s) {
  bool any = false;
  while (s.pending.head != no_slot && s.pool->has_room(index_)) {
    const uint32_t slot = slots_.pop(s.pending);
    HostSlot& h = slots_[slot];
    begin_task(slot, monotonic_ns());
    h.state = SlotState::in_worker;
    slots_.push_undated(s.running, slot);  // its time counts from the call of run(), see job_runs()
    const Outcome* outcomes = slots_.outcomes(slot);
    const std::shared_ptr<Job>& job = h.with_extras().job = std::make_shared<Job>(
        *this, s.index, slot, h.generation, h.ip, h.facts, std::vector<Outcome>(outcomes, outcomes + slots_.stages()));
    if (!s.pool->submit(job)) {
      fail_stage(s.index, std::string(WorkerPool::why_quarantined));
      return true;
    }
    any = true;
  }
  return any;
}

bool Shard::is_current(const Job& job) const {
  const HostSlot& h = slots_.at(job.slot);
  return h.generation == job.generation && h.state == SlotState::in_worker;
}

void Shard::job_runs(const Job& job) {
  if (!is_current(job) || job.cancelled) return;  // what is left to it then is its grace, which runs
  HostSlot& h = slots_[job.slot];
  ShardStage& s = stages_[h.stage];
  h.extras->begun = monotonic_ns();
  slots_.unlink(s.running, job.slot);
  h.deadline = job.deadline;
  slots_.insert_by_deadline(s.running, job.slot);
}

void Shard::job_waits(const Job& job) {
  if (!is_current(job) || job.cancelled) return;  // its time was up before, or the run is to end
  ShardStage& s = stages_[job.stage];
  slots_.unlink(s.running, job.slot);
  slots_.push_undated(s.running, job.slot);
}

void Shard::job_finished(const Job& job) {
  if (!is_current(job)) return;
  finish_job(job.slot);
}

void Shard::finish_job(uint32_t slot) {
  HostSlot& h = slots_[slot];
  Job& job = *h.extras->job;
  h.facts.insert(h.facts.end(), std::make_move_iterator(job.outputs.begin()),
                 std::make_move_iterator(job.outputs.end()));
  static_cast<void>(admission(slot, !job.lacks_place));
  if (job.quarantined) return fail_stage(h.stage, job.why);
  if (job.postponed) return postpone(slot);
  if (job.outcome == Outcome::skipped_nothing_to_ask && h.not_admitted)
    return finish(slot, Outcome::error, std::string(describe(Shortage::neighbours)));
  finish(slot, job.outcome, std::move(job.why));
}

void Shard::pump() {
  const int64_t stop_at = monotonic_ns() + pump_share_ns;
  pace_wake_ = INT64_MAX;
  overloaded_ = false;
  for (bool progress = true; progress;) {
    progress = false;
    intake(stop_at);
    // Last stage first: hosts that are nearly done make room for new ones.
    for (auto s = stages_.rbegin(); s != stages_.rend(); ++s) {
      const int64_t now = monotonic_ns();
      if (now >= stop_at) {
        overloaded_ = true;
        return;
      }
      progress |= offer(*s, now);
    }
  }
}

}  // namespace sonde::core
