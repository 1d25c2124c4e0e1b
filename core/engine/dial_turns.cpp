#include "engine/dial_turns.hpp"

#include <algorithm>

namespace sonde::core {

namespace {
constexpr int64_t look_every_ns = 5'000'000;
constexpr int64_t look_for_ports_every_ns = 50'000'000;  // each look is a system call for each that waits
constexpr std::size_t most_ports_a_look = 256;

bool same(const DialTurns::Turn& t, const ProbeInstance& instance, sonde_task task, uint64_t user) {
  return t.instance == &instance && t.task == task && t.user == user;
}
}  // namespace

void DialTurns::wait(Shortage what, const Turn& t) {
  std::deque<Turn>& queue = queues_[at(what)];
  const bool again = serves(*t.instance, t.task, t.user) && serving_->what == what;
  if (again && what != Shortage::ports)
    queue.push_front(t);
  else
    queue.push_back(t);
}

bool DialTurns::serves(const ProbeInstance& instance, sonde_task task, uint64_t user) const {
  return serving_ && same(serving_->turn, instance, task, user);
}

int64_t DialTurns::waits_since(Shortage what, const ProbeInstance& instance, sonde_task task, uint64_t user,
                               int64_t now) const {
  const bool goes_on =
      serves(instance, task, user) && (serving_->what == Shortage::packets) == (what == Shortage::packets);
  return goes_on ? serving_->turn.since : now;
}

int64_t DialTurns::waited_for_rate(const ProbeInstance& instance, sonde_task task, uint64_t user, int64_t now) const {
  return serves(instance, task, user) && serving_->what == Shortage::packets ? now - serving_->turn.since : 0;
}

std::size_t DialTurns::of_services(const ProbeInstance& instance) const {
  std::size_t n = 0;
  for (const auto& queue : queues_)
    n += static_cast<std::size_t>(std::count_if(queue.begin(), queue.end(),
                                                [&](const Turn& t) { return t.task == 0 && t.instance == &instance; }));
  return n;
}

void DialTurns::serve(Shortage what, const std::function<void(const Turn&)>& dial) {
  std::deque<Turn>& queue = queues_[at(what)];
  const bool each_its_own = what == Shortage::ports;
  // Bounded by what waited when we began.
  for (std::size_t n = each_its_own ? std::min(queue.size(), most_ports_a_look) : queue.size(); n > 0; --n) {
    const Serving now{what, queue.front()};
    queue.pop_front();
    const std::size_t before = queue.size();
    serving_ = &now;
    dial(now.turn);
    serving_ = nullptr;
    if (!each_its_own && queue.size() > before) return;  // the rest would be refused as well
  }
}

bool DialTurns::due(Shortage what, int64_t now) {
  int64_t& next = next_look_[at(what)];
  if (queues_[at(what)].empty() || now < next) return false;
  next = now + (what == Shortage::ports ? look_for_ports_every_ns : look_every_ns);
  return true;
}

int64_t DialTurns::next_look() const {
  int64_t next = INT64_MAX;
  for (const Shortage s : {Shortage::descriptors, Shortage::neighbours, Shortage::ports})
    if (!empty(s)) next = std::min(next, next_look_[at(s)]);
  return next;
}

bool DialTurns::first_is_hopeless(Shortage what, int64_t now) const {
  return !empty(what) && last_had_.hopeless(what, queues_[at(what)].front().since, now);
}

}  // namespace sonde::core
