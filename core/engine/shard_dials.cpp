// The connections of a shard's hosts: dials that wait for their turn, with the deadlines of their tasks standing still,
// and the turns that a connection leaves when it closes.
#include <sys/socket.h>

#include <algorithm>

#include "engine/probe_instance.hpp"
#include "engine/shard.hpp"
#include "engine/sockets.hpp"

namespace sonde::core {

bool Shard::may_wait(uint32_t slot, const ProbeInstance& instance) {
  if (slot == no_slot) return turns_.of_services(instance) < most_waiting_dials;
  return slots_[slot].waits + slots_[slot].with_extras().waiting_dials.size() < most_waiting_dials;
}

sonde_err Shard::queue_dial(Shortage why, ProbeInstance& instance, sonde_task task, uint64_t user) {
  const uint32_t slot = slots_.find(task, instance.stage_index());
  const int64_t now = monotonic_ns();
  int64_t since = turns_.waits_since(why, instance, task, user, now);
  if (slot != no_slot && why != Shortage::packets) {
    // Of the task and not of the dial: who asks many ports must not wait so long for each. What it waited for the rate
    // meanwhile does not count.
    SlotExtras& extras = slots_[slot].with_extras();
    // Another offer may have been refused one long before this one, which has worked for a while without.
    if (!extras.dial_refused && extras.worked_for_a_while(now)) extras.short_of_since = 0;
    extras.short_of = why;
    extras.dial_refused = true;
    ++extras.refusals;
    int64_t& first = extras.short_of_since;
    first = first == 0 ? since : std::min(now, first + turns_.waited_for_rate(instance, task, user, now));
    since = first;
  }
  if (shared_.budgets.last_had.hopeless(why, since, now)) return SONDE_E_IO;
  if (!may_wait(slot, instance)) return SONDE_E_INVALID;
  turns_.wait(why, {&instance, task, user, since});
  if (slot == no_slot || slots_[slot].waits++ > 0) return SONDE_E_AGAIN;
  // Waiting for our own limits is not the target's silence: the deadline stands still meanwhile.
  HostSlot& h = slots_[slot];
  ShardStage& s = stages_[h.stage];
  slots_.unlink(s.running, slot);
  h.with_extras().left = std::max<int64_t>(h.deadline - now, 0);
  slots_.push_undated(s.running, slot);
  return SONDE_E_AGAIN;
}

void Shard::dialled(SlotExtras* host, uint64_t connection) {
  const int64_t now = monotonic_ns();
  shared_.budgets.last_had.note(Shortage::descriptors, now);
  if (!host) return;
  host->short_of_since = 0;
  host->connections.push_back({connection, now});
}

void Shard::serve(const DialTurns::Turn& t, int64_t now) {
  uint32_t refusals = 0;
  if (t.task != 0) {
    const uint32_t slot = slots_.find(t.task, t.instance->stage_index());
    if (slot == no_slot) return;
    HostSlot& h = slots_[slot];
    if (h.waits > 0 && --h.waits == 0) {
      ShardStage& s = stages_[h.stage];
      slots_.unlink(s.running, slot);
      h.deadline = now + h.extras->left;
      slots_.insert_by_deadline(s.running, slot);
    }
    refusals = h.with_extras().refusals;
  }
  t.instance->call_timer(0, t.user);
  if (t.task == 0) return;
  // Who does not use a turn, and has no other, waits for nothing.
  const uint32_t slot = slots_.find(t.task, t.instance->stage_index());
  if (slot == no_slot) return;
  SlotExtras& extras = slots_[slot].with_extras();
  if (slots_[slot].waits == 0 && extras.refusals == refusals) extras.short_of_since = 0;
}

void Shard::serve_turns() {
  const int64_t now = monotonic_ns();
  const auto dial = [&](const DialTurns::Turn& t) { serve(t, now); };
  if (shared_.budgets.packets.available(now) > 0) turns_.serve(Shortage::packets, dial);
  for (const Shortage s : {Shortage::descriptors, Shortage::neighbours, Shortage::ports}) {
    if (!turns_.due(s, now)) continue;
    if (s == Shortage::descriptors && shared_.budgets.descriptors.left() <= 0 && !turns_.first_is_hopeless(s, now))
      continue;
    turns_.serve(s, dial);
  }
}

void Shard::close_connection(uint32_t slot, uint64_t id, bool reset, const ProbeInstance& owner) {
  HostSlot& h = slots_[slot];
  auto& open = h.extras->connections;
  const auto it = std::find_if(open.begin(), open.end(), [&](const auto& c) { return c.id == id; });
  const int64_t now = monotonic_ns(), since = it == open.end() ? now : it->since;
  if (it != open.end()) open.erase(it);
  const bool datagram = ProbeInstance::is_datagram(loop_.tag_of(id));
  const int fd = loop_.remove(id, owner, true);
  if (fd < 0) return;
  // They are too many to look at each of them all the time, so the drops are of some time since the dial.
  if (datagram) stages_[h.stage].instance->dropped(dropped_by(fd), since, now);
  close_socket(fd, reset);
  shared_.budgets.descriptors.give_back();
  stages_[h.stage].blocked_until = 0;
  if (h.extras->waiting_dials.empty()) return;
  // The next dials of this host have their turn, but not inside the call that closed this one.
  const sonde_task task = slots_.task_of(slot);
  const uint8_t stage = h.stage;
  loop_.post([this, task, stage] { serve_host(task, stage); });
}

void Shard::serve_host(sonde_task task, uint8_t stage) {
  const uint64_t most = shared_.plan.limits.connections_per_host;
  // A turn that is not used (refused, or no longer wanted) passes to the next.
  for (std::size_t turns = most_waiting_dials; turns > 0; --turns) {
    const uint32_t slot = slots_.find(task, stage);
    if (slot == no_slot) return;
    SlotExtras& host = *slots_[slot].extras;
    if (host.waiting_dials.empty() || host.connections.size() >= most) return;
    const uint64_t user = host.waiting_dials.front();
    host.waiting_dials.erase(host.waiting_dials.begin());
    stages_[stage].instance->call_timer(0, user);
  }
}

void Shard::drop_connections(uint32_t slot) {
  HostSlot& h = slots_[slot];
  h.waits = 0;
  if (!h.extras) return;
  h.extras->waiting_dials.clear();
  const auto& open = h.extras->connections;
  while (!open.empty()) close_connection(slot, open.back().id, false, *stages_[h.stage].instance);
}

}  // namespace sonde::core
