// The event loop of a shard: all descriptors in one epoll instance behind one Asio descriptor, all timers in one heap
// behind one Asio timer. Asio brings the wake-ups of other threads and the wait; it never sees the single descriptors,
// because its waits do not report EPOLLERR (a refused port would look open) and cost an epoll_ctl each.
#pragma once
#include <sonde/plugin.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/timer_heap.hpp"

namespace sonde::core {

/// What a descriptor or timer belongs to. Called on the loop's thread.
class LoopClient {
 public:
  virtual void on_io(uint64_t id, uint64_t user, uint32_t events) = 0;
  virtual void on_timer(uint64_t id, uint64_t user) = 0;

 protected:
  ~LoopClient() = default;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  bool valid() const { return epoll_fd_ >= 0; }

  /// `tag` is the loop's user's own (the task slot of a dialled connection); see tag_of().
  uint64_t add(LoopClient&, int fd, uint32_t events, uint64_t user, uint64_t tag);
  bool set_events(uint64_t id, const LoopClient&, uint32_t events);
  /// Forgets the descriptor without closing it. Returns it, or -1 when the id is not live or another client's.
  /// `closing`: the caller closes it at once.
  int remove(uint64_t id, const LoopClient&, bool closing = false);
  uint64_t tag_of(uint64_t id) const;
  bool owns(uint64_t id, const LoopClient&) const;
  void remove_all(const LoopClient&, const std::function<void(int fd, uint64_t tag)>& each);
  /// Delivers an event that the kernel will not: the outcome of a connect that failed at once.
  void inject(uint64_t id, uint32_t events);

  uint64_t arm(LoopClient& c, int64_t at, uint64_t user) { return timers_.add(at, &c, user); }
  bool rearm(LoopClient& c, uint64_t id, int64_t at, uint64_t user) { return timers_.move(id, at, &c, user); }
  bool disarm(LoopClient& c, uint64_t id) { return timers_.cancel(id, &c); }
  void disarm_all(LoopClient& c) { timers_.cancel_all(&c); }

  /// Runs `work` on the loop's thread soon. Any thread.
  void post(std::function<void()> work);

  /// One round: what other threads posted, then I/O for at most 5 ms, then the timers that were due when the last fully
  /// drained round of I/O began. An answer that has arrived is thus always read before its time can run out.
  void round();
  /// Monotonic ns: nothing that was due later than this may be called late.
  int64_t settled_time() const { return settled_time_; }
  /// There is more to do at once.
  bool busy() const { return !drained_ || !injected_.empty(); }
  /// Waits until there is something to do, `until` at the latest.
  void wait(int64_t until);

 private:
  struct Watch {
    LoopClient* client = nullptr;
    int fd = -1;
    uint32_t events = 0;
    uint32_t generation = 0;
    bool in_epoll = false;
    bool armed = false;  ///< the kernel will tell more of it
    uint64_t user = 0;
    uint64_t tag = 0;
  };
  Watch* live(uint64_t id);
  const Watch* live(uint64_t id) const;
  void apply(Watch&, uint64_t id);
  void poll_descriptors(int64_t now);
  void deliver(uint64_t id, uint32_t seen);
  void dispatch(uint64_t id, uint32_t events);

  struct Asio;
  std::unique_ptr<Asio> asio_;
  int epoll_fd_ = -1;
  std::vector<Watch> watches_;
  std::vector<uint32_t> free_;
  struct Injected {
    uint64_t id;
    uint32_t events;
  };
  std::vector<Injected> injected_;
  TimerHeap timers_;
  int64_t settled_time_ = 0;
  bool drained_ = true;
  // A rotation is one look at everything that was ready when it began. Epoll hands level-triggered descriptors out in
  // turn, so after as many events as there are descriptors all have been seen, even when some are always ready.
  int64_t rotation_began_ = 0;
  int64_t rotation_left_ = 0;
  int64_t polled_ = 0;  ///< descriptors in the epoll set
};

}  // namespace sonde::core
