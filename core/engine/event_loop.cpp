#include "engine/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "engine/asio.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

namespace {
constexpr int64_t io_share_ns = 5'000'000;  // of a round for I/O before anything else gets its turn
constexpr int events_per_call = 256;

// Who waits for room to write alone waits for one thing, mostly the end of a connect: told once, the kernel has
// forgotten it, and a close that follows needs no removal before it.
uint32_t to_epoll(uint32_t events) {
  return ((events & SONDE_IO_READ) ? EPOLLIN : 0u) | ((events & SONDE_IO_WRITE) ? EPOLLOUT : 0u) |
         (events == SONDE_IO_WRITE ? uint32_t{EPOLLONESHOT} : 0u);
}
}  // namespace

struct EventLoop::Asio {
  boost::asio::io_context io{1};
  boost::asio::posix::stream_descriptor descriptor{io};
  boost::asio::steady_timer timer{io};
  bool waiting = false;
  int64_t armed_for = 0;
  uint64_t signals = 0;  ///< reasons to leave wait(): an aborted timer is none
};

EventLoop::EventLoop() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_fd_ < 0) return;
  try {  // Asio opens descriptors of its own, and throws when there are none left
    asio_ = std::make_unique<Asio>();
    asio_->descriptor.assign(epoll_fd_);
  } catch (const boost::system::system_error&) {
    asio_.reset();
    close(epoll_fd_);
    epoll_fd_ = -1;
  }
}

EventLoop::~EventLoop() = default;  // Asio's descriptor owns and closes the epoll descriptor

const EventLoop::Watch* EventLoop::live(uint64_t id) const {
  const uint64_t index = (id & 0xffffffff) - 1;
  if (id == 0 || index >= watches_.size()) return nullptr;
  const Watch& w = watches_[index];
  return w.client && w.generation == id >> 32 ? &w : nullptr;
}
EventLoop::Watch* EventLoop::live(uint64_t id) {
  return const_cast<Watch*>(std::as_const(*this).live(id));
}

void EventLoop::apply(Watch& w, uint64_t id) {
  epoll_event e{};
  e.events = to_epoll(w.events);
  e.data.u64 = id;
  // A paused descriptor leaves the set: level-triggered errors and hang-ups come unasked and would spin.
  if (w.events == 0) {
    if (w.in_epoll) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, w.fd, nullptr);
    polled_ -= w.in_epoll;
    w.in_epoll = w.armed = false;
    return;
  }
  const int rc = epoll_ctl(epoll_fd_, w.in_epoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w.fd, &e);
  polled_ += (rc == 0) - w.in_epoll;
  w.in_epoll = w.armed = rc == 0;
}

uint64_t EventLoop::add(LoopClient& client, int fd, uint32_t events, uint64_t user, uint64_t tag) {
  uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<uint32_t>(watches_.size());
    watches_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Watch& w = watches_[index];
  const uint64_t id = (uint64_t{w.generation} << 32) | (index + 1);
  w.client = &client;
  w.fd = fd;
  w.events = events;
  w.user = user;
  w.tag = tag;
  w.in_epoll = w.armed = false;
  apply(w, id);
  if (events != 0 && !w.in_epoll) {  // e.g. a regular file
    w.client = nullptr;
    ++w.generation;
    free_.push_back(index);
    return 0;
  }
  return id;
}

bool EventLoop::set_events(uint64_t id, const LoopClient& client, uint32_t events) {
  Watch* w = live(id);
  if (!w || w->client != &client) return false;
  if (w->events == events) return true;
  w->events = events;
  apply(*w, id);
  return true;
}

int EventLoop::remove(uint64_t id, const LoopClient& client, bool closing) {
  Watch* w = live(id);
  if (!w || w->client != &client) return -1;
  const int fd = w->fd;
  // Closing removes it as well, unless a copy of the descriptor lives on somewhere: that one must not be reported for
  // ever.
  if (w->in_epoll && (w->armed || !closing)) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  polled_ -= w->in_epoll;
  w->in_epoll = w->armed = false;
  w->client = nullptr;
  w->fd = -1;
  ++w->generation;
  free_.push_back(static_cast<uint32_t>((id & 0xffffffff) - 1));
  return fd;
}

uint64_t EventLoop::tag_of(uint64_t id) const {
  const Watch* w = live(id);
  return w ? w->tag : 0;
}

bool EventLoop::owns(uint64_t id, const LoopClient& client) const {
  const Watch* w = live(id);
  return w && w->client == &client;
}

void EventLoop::remove_all(const LoopClient& client, const std::function<void(int, uint64_t)>& each) {
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    if (watches_[i].client != &client) continue;
    const uint64_t tag = watches_[i].tag;
    const int fd = remove((uint64_t{watches_[i].generation} << 32) | (i + 1), client);
    each(fd, tag);
  }
}

void EventLoop::inject(uint64_t id, uint32_t events) {
  injected_.push_back({id, events});
}

void EventLoop::post(std::function<void()> work) {
  boost::asio::post(asio_->io, [this, work = std::move(work)] {
    ++asio_->signals;
    work();
  });
}

void EventLoop::dispatch(uint64_t id, uint32_t events) {
  Watch* w = live(id);
  if (!w) return;  // gone since the kernel reported it
  w->client->on_io(id, w->user, events);
}

void EventLoop::poll_descriptors(int64_t now) {
  std::array<epoll_event, events_per_call> events;
  const int64_t stop = now + io_share_ns;
  if (rotation_left_ <= 0) {
    rotation_began_ = now;
    rotation_left_ = polled_;
  }
  for (;;) {
    const int n = epoll_wait(epoll_fd_, events.data(), events_per_call, 0);
    for (int i = 0; i < n; ++i)
      deliver(events[static_cast<std::size_t>(i)].data.u64, events[static_cast<std::size_t>(i)].events);
    rotation_left_ -= n;
    drained_ = n < events_per_call;
    if (drained_ || rotation_left_ <= 0) {
      settled_time_ = rotation_began_;
      rotation_left_ = 0;
      return;
    }
    if (monotonic_ns() >= stop) return;
  }
}

void EventLoop::deliver(uint64_t id, uint32_t seen) {
  Watch* w = live(id);
  if (!w) return;
  if ((to_epoll(w->events) & EPOLLONESHOT) != 0) w->armed = false;
  uint32_t out =
      ((seen & EPOLLIN) ? uint32_t{SONDE_IO_READ} : 0u) | ((seen & EPOLLOUT) ? uint32_t{SONDE_IO_WRITE} : 0u);
  out &= w->events;  // paused or narrowed by a callback of this very batch
  if (seen & EPOLLERR) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    // Without an errno it is an error queue or a reset already told: reading shows it.
    out |= error != 0 ? SONDE_IO_ERROR | (static_cast<uint32_t>(error) << 16) : uint32_t{SONDE_IO_READ};
  } else if (seen & EPOLLHUP) {
    out |= w->events;  // both directions are over; reading or writing shows how
  }
  if (out != 0) dispatch(id, out);
  // It still waits for the same: level-triggered, as everything else.
  w = live(id);
  if (w && w->in_epoll && !w->armed) apply(*w, id);
}

void EventLoop::round() {
  asio_->io.poll();
  asio_->io.restart();
  if (!injected_.empty()) {
    std::vector<Injected> now;
    now.swap(injected_);
    for (const Injected& i : now) dispatch(i.id, i.events);
  }
  poll_descriptors(monotonic_ns());
  // Bounded by what was armed when the round began: a timer that arms another in the past must not hold the loop.
  TimerHeap::Timer t;
  for (std::size_t n = timers_.size(); n > 0 && timers_.pop_due(settled_time_, &t); --n)
    static_cast<LoopClient*>(t.owner)->on_timer(t.id, t.user);
}

void EventLoop::wait(int64_t until) {
  if (busy()) return;
  const int64_t next = std::min(until, timers_.next());
  if (next <= monotonic_ns()) return;
  if (!asio_->waiting) {
    asio_->waiting = true;
    asio_->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                 [this](const boost::system::error_code&) {
                                   asio_->waiting = false;
                                   ++asio_->signals;
                                 });
  }
  if (next != INT64_MAX && next != asio_->armed_for) {
    asio_->armed_for = next;
    asio_->timer.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(next)));
    asio_->timer.async_wait([this](const boost::system::error_code& aborted) {
      if (aborted) return;
      asio_->armed_for = 0;
      ++asio_->signals;
    });
  }
  asio_->signals = 0;
  while (asio_->signals == 0) asio_->io.run_one();
}

}  // namespace sonde::core
