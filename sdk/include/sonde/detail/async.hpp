// Asynchronous probes as one coroutine: `sonde::Async run(sonde::Task task)`. It waits with co_await and ends with
// `co_return outcome`; between two waits it runs on its shard and may not block. Everything here is [shard].
//
// At the deadline, what is being waited for ends with ETIMEDOUT: the coroutine may put what it knows and co_return. If it
// waits again, or the run is over, its frame is destroyed (destructors run) and the task settled. run() alone may be a
// coroutine of this type; what it calls is plain functions. One frame is allocated a task.
#ifndef SONDE_DETAIL_ASYNC_HPP
#define SONDE_DETAIL_ASYNC_HPP
#include <sonde/detail/guard.hpp>
#include <sonde/probe.h>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <coroutine>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sonde {

namespace detail {

// What a coroutine waits for. It lives in the coroutine's frame. True: that was it, go on.
struct Wait {
  virtual bool waits_for(uint64_t id) const = 0;  // events of other connections are for later
  virtual bool on_io(uint64_t id, uint32_t events) = 0;
  virtual bool on_timer(uint64_t id) = 0;
  virtual void expire() = 0;  // the deadline

 protected:
  ~Wait() = default;
};

}  // namespace detail

// The type of an asynchronous run(). Made by the compiler, owned by the SDK.
class Async {
 public:
  struct promise_type {
    template <class... A> explicit promise_type(A &&...arguments) { (find_task(arguments), ...); }
    Async get_return_object() { return Async(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(sonde_outcome o) { outcome = o; }
    void unhandled_exception() {
      detail::guarded(task.context(), task.id(), [] { throw; });
      outcome = SONDE_ERROR;
    }
    Task task{Context(), 0};
    detail::Wait *waiting = nullptr;
    bool expired = false;
    uint32_t streak = 0;  // reads and writes since it last waited
    sonde_outcome outcome = SONDE_ERROR;

    // The errno of a connection that came while something else was awaited. The host has taken it from the socket: it comes
    // but once, and is told to the next wait for the connection. 0: none.
    int take_error(uint64_t connection) {
      auto found = std::find_if(untold.begin(), untold.end(), [&](const auto &e) { return e.first == connection; });
      if (found == untold.end()) return 0;
      int error = found->second;
      untold.erase(found);
      return error;
    }
    void keep_error(uint64_t connection, int error) {
      take_error(connection);
      untold.emplace_back(connection, error);
    }
    std::vector<std::pair<uint64_t, int>> untold;

   private:
    template <class T> void find_task(const T &argument) {
      if constexpr (std::is_same_v<T, Task>) task = argument;
    }
  };
  using Handle = std::coroutine_handle<promise_type>;

  explicit Async(Handle h) : handle_(h) {}
  Async(Async &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Async &operator=(Async &&) = delete;
  ~Async() {
    if (handle_) handle_.destroy();
  }
  Handle handle() const { return handle_; }

 private:
  Handle handle_;
};

namespace detail {

// The common part of all waits: registers itself, unless the deadline is over.
template <class Self> class Awaiter : public Wait {
 public:
  Awaiter() = default;
  Awaiter(const Awaiter &) = delete;
  Awaiter &operator=(const Awaiter &) = delete;
  bool await_suspend(Async::Handle h) {
    Async::promise_type &promise = h.promise();
    if (promise.expired) return true;  // stays suspended; the runner destroys it
    promise.waiting = this;
    if (static_cast<Self *>(this)->begin(promise)) return true;
    promise.waiting = nullptr;
    return false;
  }
  bool waits_for(uint64_t) const override { return false; }
  bool on_io(uint64_t, uint32_t) override { return false; }
  bool on_timer(uint64_t) override { return false; }

 protected:
  ~Awaiter() = default;
};

class Sleep final : public Awaiter<Sleep> {
 public:
  Sleep(Context host, Task task, int64_t ns) : host_(host), task_(task), ns_(ns) {}
  ~Sleep() {
    if (id_ != 0) host_.untimer(id_);
  }
  bool await_ready() const { return ns_ <= 0; }
  bool begin(Async::promise_type &) {
    host_.timer(later(host_.now(), ns_), task_.id(), id_);
    return true;
  }
  bool on_timer(uint64_t id) override {
    if (id == 0 || id != id_) return false;
    id_ = 0;
    return true;
  }
  void expire() override { expired_ = true; }
  bool await_resume() const { return !expired_; }

 private:
  Context host_;
  Task task_;
  int64_t ns_;
  uint64_t id_ = 0;
  bool expired_ = false;
};

}  // namespace detail

inline detail::Sleep Task::sleep(std::chrono::nanoseconds time) const { return {host_, *this, time.count()}; }

namespace detail {

template <class P>
concept asynchronous = requires(P &p, Task t) {
  { p.run(t) } -> std::same_as<Async>;
};

// A reference would point to a Task that is gone when the coroutine first goes on.
template <class M> inline constexpr bool takes_task_by_value = false;
template <class P> inline constexpr bool takes_task_by_value<Async (P::*)(Task)> = true;
template <class P> inline constexpr bool takes_task_by_value<Async (P::*)(Task) const> = true;

// Drives the coroutines of one instance: the user word of every event is the task that waits for it.
template <class P> class AsyncRunner {
  static_assert(takes_task_by_value<decltype(&P::run)>, "run(sonde::Task) takes its task by value");

 public:
  explicit AsyncRunner(Context host) : host_(host), plugin_(host) {}

  size_t start(std::span<const sonde_task> tasks) {
    for (sonde_task id : tasks) {
      Task task(host_, id);
      sonde_err e = guarded(host_, id, [&] { live_.emplace(id, plugin_.run(task)); });
      if (e == SONDE_OK) resume(id);
      else task.done(SONDE_ERROR);
    }
    return tasks.size();
  }
  void on_io(uint64_t id, uint64_t user, uint32_t events) {
    Wait *waiting = wait_of(user);
    // Nobody waits for it now (a sleep, another connection): it would come again and again. The next wait for it resumes,
    // and is told an error, which comes but once.
    if (!waiting || !waiting->waits_for(id)) {
      host_.rewatch(id, 0);
      if (waiting && (events & SONDE_IO_ERROR)) promise_of(user).keep_error(id, SONDE_IO_ERRNO(events));
    } else if (waiting->on_io(id, events)) {
      resume(user);
    }
  }
  void on_timer(uint64_t id, uint64_t user) {
    Wait *waiting = wait_of(user);
    if (waiting && waiting->on_timer(id)) resume(user);
  }
  void cancel(Task task, uint64_t, uint32_t why) {
    auto found = live_.find(task.id());
    if (found == live_.end()) return;
    Async::promise_type &promise = found->second.handle().promise();
    promise.expired = true;
    if (why == SONDE_EXPIRED && promise.waiting) {
      promise.waiting->expire();
      if (resume(task.id())) return;
    }
    live_.erase(found);
    task.done(why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
  }

 private:
  Wait *wait_of(sonde_task id) {
    auto found = live_.find(id);
    return found == live_.end() ? nullptr : found->second.handle().promise().waiting;
  }
  Async::promise_type &promise_of(sonde_task id) { return live_.find(id)->second.handle().promise(); }
  // True when the coroutine has come to its end; the task is settled then. Its frame goes first: what it holds (a TLS
  // session) may still want the connection.
  bool resume(sonde_task id) {
    auto found = live_.find(id);
    auto handle = found->second.handle();
    handle.promise().waiting = nullptr;
    handle.promise().streak = 0;
    handle.resume();
    if (!handle.done()) return false;
    sonde_outcome outcome = handle.promise().outcome;
    live_.erase(found);
    Task(host_, id).done(outcome);
    return true;
  }
  Context host_;
  P plugin_;
  std::unordered_map<sonde_task, Async> live_;
};

}  // namespace detail
}  // namespace sonde
#endif
