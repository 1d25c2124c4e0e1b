// Sockets, timers and the loop of an asynchronous instance.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "check/probe_host.hpp"
#include "check/syscall_watch.hpp"
#include "engine/convert.hpp"
#include "engine/sockets.hpp"
#include "plugins/demands.hpp"

namespace sonde::core::check {

namespace {
constexpr uint32_t unknown_event = 8;  // a bit that only a later minor knows
constexpr std::size_t most_turns = 64;
}  // namespace

int64_t ProbeHost::next() const {
  int64_t at = INT64_MAX;
  for (const auto& [id, t] : timers_) at = std::min(at, t.at);
  for (const TaskState& t : tasks_)
    if (t.state == State::running) at = std::min(at, t.deadline);
  return at;
}

bool ProbeHost::turn(int64_t wait_ns) {
  if (!instance()) return false;
  bool moved = call_posted();
  moved |= serve_turns();
  while (!injected_.empty()) {
    const auto [id, events] = injected_.front();
    injected_.pop_front();
    if (const auto w = watches_.find(id); w != watches_.end()) call_io(id, w->second.user, events);
    moved = true;
  }
  std::vector<pollfd> polled;
  std::vector<uint64_t> ids;
  for (const auto& [id, w] : watches_) {
    if (w.events == 0) continue;
    const int wanted = ((w.events & SONDE_IO_READ) ? POLLIN : 0) | ((w.events & SONDE_IO_WRITE) ? POLLOUT : 0);
    polled.push_back({w.fd, static_cast<short>(wanted), 0});
    ids.push_back(id);
  }
  const timespec wait{0, moved ? 0 : wait_ns};
  ::ppoll(polled.data(), polled.size(), &wait, nullptr);
  for (std::size_t i = 0; i < polled.size(); ++i)
    if (polled[i].revents != 0) moved |= deliver(ids[i], polled[i].revents);
  moved |= call_posted();
  if (moved) return true;  // what has arrived is read before anything is called late
  return due() || expire();
}

/// As the event loop of a run: the errno comes with the event, and what is paused hears nothing.
bool ProbeHost::deliver(uint64_t id, short seen) {
  const auto found = watches_.find(id);
  if (found == watches_.end() || found->second.events == 0) return false;
  const Watch w = found->second;
  uint32_t events =
      ((seen & POLLIN) ? uint32_t{SONDE_IO_READ} : 0u) | ((seen & POLLOUT) ? uint32_t{SONDE_IO_WRITE} : 0u);
  events &= w.events;
  if (seen & POLLERR) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(w.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    events |= error != 0 ? SONDE_IO_ERROR | (static_cast<uint32_t>(error) << 16) : uint32_t{SONDE_IO_READ};
  } else if (seen & POLLHUP) {
    events |= w.events;
  }
  if (seen & POLLNVAL) {
    notes_.add(Rule::arguments, "a descriptor was closed while it was watched");
    watches_.erase(id);
    return true;
  }
  if (events == 0) return false;
  call_io(id, w.user, events);
  return true;
}

void ProbeHost::call_io(uint64_t id, uint64_t user, uint32_t events) {
  if (stage_.play.from_the_future) events |= unknown_event;
  const Callback here(*this, Where::shard, "on_io()");
  subject_.plugin.probe->on_io(instance_, id, user, events);
}

void ProbeHost::call_timer(uint64_t id, uint64_t user) {
  const Callback here(*this, Where::shard, "on_timer()");
  subject_.plugin.probe->on_timer(instance_, id, user);
}

bool ProbeHost::due() {
  std::vector<std::pair<uint64_t, Timer>> now;
  for (const auto& [id, t] : timers_)
    if (t.at <= stage_.now) now.emplace_back(id, t);
  std::sort(now.begin(), now.end(), [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
  for (const auto& [id, t] : now) {
    const auto found = timers_.find(id);
    if (found == timers_.end() || found->second.at > stage_.now) continue;  // a callback of these moved it
    const uint64_t user = found->second.user;
    timers_.erase(found);
    call_timer(id, user);
  }
  return !now.empty();
}

bool ProbeHost::expire() {
  bool any = false;
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].state != State::running || tasks_[i].deadline > stage_.now) continue;
    cancel(i, SONDE_EXPIRED);
    any = true;
  }
  return any;
}

bool ProbeHost::serve_turns() {
  std::deque<Turn> now;
  now.swap(turns_);
  for (const Turn& t : now) call_timer(0, t.user);
  return !now.empty();
}

bool ProbeHost::call_posted() {
  bool any = false;
  for (;;) {
    const std::function<sonde_err()>* f = nullptr;
    std::vector<uint64_t> wakes;
    {
      std::lock_guard lock(posted_mutex_);
      wakes.swap(wakes_);
      if (!posted_.empty()) {
        f = posted_.front().first;
        posted_.pop_front();
        (*f)();  // its thread waits for the mutex
        posted_done_.notify_all();
      }
    }
    for (const uint64_t user : wakes) {
      offer_at_ = 0;
      call_timer(0, user);
    }
    if (!f && wakes.empty()) return any;
    any = true;
  }
}

sonde_err ProbeHost::check_scope(sonde_task task, const TaskState* t, const sonde_target& to, const IpAddress& ip) {
  std::string why;
  if (stage_.play.denied)
    why = " is out of scope in this scene of the check";
  else if (!t && !std::binary_search(subject_.services.begin(), subject_.services.end(), ip))
    why = " is no server that the options name";
  else if (t && ip != t->row.ip)
    why = " is not the target of this task";
  else if (!stage_.peers.at(ip, to.port, to.proto))
    why = " is not on loopback; a check goes nowhere else";
  if (why.empty()) return SONDE_OK;
  ++stage_.refused_asks;
  if (!denied_.insert({task, ip, to.port}).second)
    notes_.add(Rule::denied, "it dialled again where it had been answered DENIED, in " + std::string(callback()));
  fail(task, SONDE_E_DENIED, ip.to_string() + why);
  return SONDE_E_DENIED;
}

sonde_err ProbeHost::dial(sonde_task task, const sonde_target& target, uint32_t events, uint64_t user,
                          sonde_conn* out) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  if (refuse_this_call()) return SONDE_E_IO;
  TaskState* t = task == 0 ? nullptr : open(task, "dial");
  if (task != 0 && !t) return SONDE_E_STALE;
  const sonde_target to = read_target(target);
  const IpAddress ip = address_of(to);
  if (to.port == 0 || (to.proto != IPPROTO_TCP && to.proto != IPPROTO_UDP)) return SONDE_E_INVALID;
  if (!may(task, SONDE_NEED_CONNECT, "dial()", "SONDE_NEED_CONNECT")) return SONDE_E_DENIED;
  if (sonde_err e = check_scope(task, t, to, ip); e != SONDE_OK) return e;
  if (std::any_of(turns_.begin(), turns_.end(), [&](const Turn& q) { return q.task == task && q.user == user; }))
    notes_.add(Rule::turn, "it dialled before its turn, in " + std::string(callback()));
  if (stage_.shortages > 0 && turns_.size() < most_turns) {
    --stage_.shortages;
    ++stage_.refused_asks;
    turns_.push_back({task, user});
    return SONDE_E_AGAIN;
  }
  const auto where = stage_.peers.at(ip, to.port, to.proto);
  int refused = 0;
  const int fd = open_connection(where->ip, where->port, to.proto, &refused);
  if (fd < 0) {
    fail(task, SONDE_E_IO, "connect to " + ip.to_string() + ": " + std::strerror(-fd));
    return SONDE_E_IO;
  }
  ++stage_.asked;
  if (t) ++t->row.asked;
  if (to.proto == IPPROTO_UDP) grant(1);  // of a TCP connection it is the SYN, which the plugin does not send
  const uint64_t id = ++next_id_;
  watches_[id] = {fd, refused ? 0 : events, user, true, task};
  if (refused) injected_.emplace_back(id, SONDE_IO_ERROR | (static_cast<uint32_t>(refused) << 16));
  *out = {id, fd, 0};
  return SONDE_OK;
}

void ProbeHost::grant(uint32_t packets) {
  stage_.tokens += packets;
  grant_packets(packets);
}

sonde_err ProbeHost::hangup(uint64_t id, bool reset) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  const auto found = watches_.find(id);
  if (found == watches_.end()) return SONDE_E_STALE;
  if (!found->second.dialled) return SONDE_E_INVALID;
  close_connection(id, reset);
  return SONDE_OK;
}

void ProbeHost::close_connection(uint64_t id, bool reset) {
  const auto found = watches_.find(id);
  if (found->second.dialled) close_socket(found->second.fd, reset);
  watches_.erase(found);
  offer_at_ = 0;
}

sonde_err ProbeHost::admit(sonde_task task, const sonde_target& target) {
  return on_shard([&]() -> sonde_err {
    if (refuse_this_call()) return SONDE_E_DENIED;
    TaskState* t = task == 0 ? nullptr : open(task, "admit");
    if (task != 0 && !t) return SONDE_E_STALE;
    if (!may(task, needs_admission, "admit()", needs_admission_words)) return SONDE_E_DENIED;
    const sonde_target to = read_target(target);
    const IpAddress ip = address_of(to);
    const bool own_server = task == 0 && subject_.needs(SONDE_NEED_SOCKETS) && !stage_.play.denied;
    if (!own_server)
      if (sonde_err e = check_scope(task, t, to, ip); e != SONDE_OK) return e;
    if (stage_.shortages > 0) {
      --stage_.shortages;
      ++stage_.refused_asks;
      return SONDE_E_AGAIN;
    }
    if (task != 0) grant(1);
    if (to.port == 0) return SONDE_OK;  // a raw probe, say: no peer, but loopback itself answers
    if (!stage_.peers.exactly_at(ip, to.port, to.proto)) {
      ++stage_.refused_asks;
      fail(task, SONDE_E_DENIED, ip.to_string() + " is no place where a check can stand; name one on 127.0.0.0/8");
      return SONDE_E_DENIED;
    }
    ++stage_.asked;
    if (t) ++t->row.asked;
    return SONDE_OK;
  });
}

sonde_err ProbeHost::raw(int family, int proto, uint32_t ifindex, int* fd) {
  if (!may(0, SONDE_NEED_RAW, "raw()", "SONDE_NEED_RAW")) return SONDE_E_DENIED;
  const int got = refuse_this_call() ? -EPERM : open_raw(family, proto, ifindex);
  if (got >= 0) {
    *fd = got;
    return SONDE_OK;
  }
  const bool denied = -got == EPERM || -got == EACCES;
  fail(0, denied ? SONDE_E_DENIED : SONDE_E_IO,
       denied ? "raw sockets need CAP_NET_RAW" : std::string("raw socket: ") + std::strerror(-got));
  return denied ? SONDE_E_DENIED : SONDE_E_IO;
}

uint32_t ProbeHost::pace(uint32_t packets, int64_t* again) {
  uint32_t given = packets;
  if (packets != 0 && stage_.shortages > 0) {
    --stage_.shortages;
    ++stage_.refused_asks;
    *again = stage_.now + 1'000'000;
    given = packets / 2;
  }
  grant(given);
  return given;
}

sonde_err ProbeHost::watch(int fd, uint32_t events, uint64_t user, uint64_t* id) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  if (fd < 0) return SONDE_E_INVALID;
  if (refuse_this_call()) return SONDE_E_IO;
  *id = ++next_id_;
  watches_[*id] = {fd, events, user, false, 0};
  return SONDE_OK;
}

sonde_err ProbeHost::rewatch(uint64_t id, uint32_t events) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  const auto found = watches_.find(id);
  if (found == watches_.end()) return SONDE_E_STALE;
  found->second.events = events;
  return SONDE_OK;
}

sonde_err ProbeHost::unwatch(uint64_t id) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  const auto found = watches_.find(id);
  if (found == watches_.end()) return SONDE_E_STALE;
  if (found->second.dialled) return SONDE_E_INVALID;
  watches_.erase(found);
  return SONDE_OK;
}

sonde_err ProbeHost::timer(int64_t at, uint64_t user, uint64_t* id) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  if (*id == 0 || !timers_.contains(*id)) *id = ++next_id_;
  timers_[*id] = {at, user};
  return SONDE_OK;
}

sonde_err ProbeHost::untimer(uint64_t* id) {
  if (!on_own_thread()) return SONDE_E_THREAD;
  timers_.erase(*id);
  *id = 0;
  return SONDE_OK;
}

sonde_err ProbeHost::wake(uint64_t user) {
  std::lock_guard lock(posted_mutex_);
  if (std::find(wakes_.begin(), wakes_.end(), user) == wakes_.end()) wakes_.push_back(user);
  return SONDE_OK;
}

}  // namespace sonde::core::check
