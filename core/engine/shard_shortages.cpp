// Hosts whose stage waits for what this machine lacks: how they come back to the queue, and when they are given up,
// with the cause and no word about them.
#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"

namespace sonde::core {

namespace {
/// Of what, the plugin did not say.
constexpr std::string_view postponed_too_long =
    "it was postponed again and again: this machine stayed short of descriptors, ports, buffers or packets";
constexpr uint8_t most_restarts = 2;  // each is the whole stage once more, for the host as well
}  // namespace

void Shard::note_shortage(HostSlot& h, Shortage what, int64_t now) {
  SlotExtras& extras = h.with_extras();
  if (extras.short_since == 0) extras.short_since = now;
  extras.lacks = what;
}

// What a plugin postpones for is not known here: it has its time, whatever others get.
bool Shard::short_for_good(const HostSlot& h, int64_t now) const {
  if (!h.extras || h.extras->short_since == 0) return false;
  if (h.extras->lacks == Shortage::neighbours)
    return shared_.budgets.last_had.hopeless(Shortage::neighbours, h.extras->short_since, now);
  return now - h.extras->short_since > longest_shortage_ns;
}

sonde_err Shard::admission(uint32_t slot, bool has_place) {
  HostSlot& h = slots_[slot];
  h.not_admitted = !has_place;
  if (has_place) {
    if (h.extras && h.extras->lacks == Shortage::neighbours) h.extras->short_since = 0;
    return SONDE_OK;
  }
  const int64_t now = monotonic_ns();
  note_shortage(h, Shortage::neighbours, now);
  return short_for_good(h, now) ? SONDE_E_IO : SONDE_E_AGAIN;
}

void Shard::postpone(uint32_t slot) {
  HostSlot& h = slots_[slot];
  ShardStage& s = stages_[h.stage];
  ++s.counters.postponed;
  const int64_t now = monotonic_ns();
  // A task that worked in between was not short of anything all the time; but that is no way to go on for ever. Waiting
  // for a place or a turn is no work.
  SlotExtras& extras = h.with_extras();
  const bool waited = h.not_admitted || h.waits > 0 || extras.short_of_since != 0;
  if (!waited && extras.worked_for_a_while(now) && extras.worked_before < most_restarts) {
    extras.short_since = 0;
    ++extras.worked_before;
  }
  note_shortage(h, h.not_admitted ? Shortage::neighbours : Shortage::descriptors, now);
  if (short_for_good(h, now))
    return finish(slot, Outcome::error,
                  std::string(h.not_admitted ? describe(Shortage::neighbours) : postponed_too_long));
  drop_connections(slot);
  h.extras->short_of_since = h.extras->untaken_since = 0;  // short_since goes on
  h.facts.resize(h.first_fact);
  slots_.unlink(s.running, slot);
  slots_.end_task(slot);
  h.state = SlotState::queued;
  slots_.push(s.pending, slot);
  s.blocked_until = now + retry_offer_ns;
  if (stopping_) {
    slots_.unlink(s.pending, slot);
    advance(slot, s.index);
  }
}

void Shard::give_back(ShardStage& s, uint32_t slot) {
  // A plugin that takes a task only when it is admitted, or may dial, would be offered it for ever.
  HostSlot& h = slots_[slot];
  const int64_t now = monotonic_ns();
  if (h.not_admitted && short_for_good(h, now))
    return finish(slot, Outcome::error, std::string(describe(h.extras->lacks)));
  if (h.extras) {
    SlotExtras& extras = *h.extras;
    // It may leave the task for reasons of its own, long after the dial that had to wait.
    if (!extras.dial_refused) extras.short_of_since = 0;
    if (extras.short_of_since != 0 && shared_.budgets.last_had.hopeless(extras.short_of, extras.short_of_since, now))
      return finish(slot, Outcome::error, std::string(describe(extras.short_of)));
    // One that wants more connections than it may have, or than the rate permits at once, would send the first ones
    // anew with every offer.
    if (!extras.connections.empty()) {
      if (extras.untaken_since == 0) extras.untaken_since = now;
      if (now - extras.untaken_since > longest_shortage_ns)
        return finish(slot, Outcome::error, "the plugin dialled for this task again and again, and never took it");
    } else if (!extras.dial_refused && h.waits == 0) {
      extras.untaken_since = 0;
    }
  }
  drop_connections(slot);
  slots_.unlink(s.running, slot);
  slots_.end_task(slot);
  slots_[slot].state = SlotState::queued;
  slots_[slot].facts.resize(slots_[slot].first_fact);
  slots_.push(s.pending, slot);
}

void Shard::give_up_placeless(ShardStage& s, int64_t now) {
  while (
      s.placeless.head != no_slot &&
      shared_.budgets.last_had.hopeless(Shortage::neighbours, slots_[s.placeless.head].extras->short_of_since, now)) {
    const uint32_t slot = pop_placeless(s);
    HostSlot& h = slots_[slot];
    slots_.outcomes(slot)[s.index] = Outcome::error;
    count_outcome(s.index, Outcome::error);
    batch_.results.push_back({h.ip, s.index, Outcome::error, {}, std::string(describe(Shortage::neighbours))});
    advance(slot, static_cast<uint8_t>(s.index + 1));
  }
}

}  // namespace sonde::core
