// Asynchronous probes as one coroutine: `sonde::Async run(sonde::Task task)`. It waits with co_await and ends with
// `co_return outcome`; between two waits it runs on its shard and may not block. Everything here is [shard].
//
// At the deadline, what is being waited for ends with ETIMEDOUT: the coroutine may put what it knows and co_return. If it
// waits again, or the run is over, its frame is destroyed (destructors run) and the task settled. run() alone may be a
// coroutine of this type; what it calls is plain functions. One frame is allocated a task.
#ifndef SONDE_DETAIL_ASYNC_HPP
#define SONDE_DETAIL_ASYNC_HPP
#include <sonde/detail/stream.hpp>
#include <sonde/probe.h>

#include <algorithm>
#include <concepts>
#include <coroutine>
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

class Connection;

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

class Dial final : public Awaiter<Dial> {
 public:
  Dial(Task task, const sonde_target &to) : task_(task), to_(to) {}
  bool await_ready() const { return false; }
  bool begin(Async::promise_type &) { return dial(); }
  bool waits_for(uint64_t id) const override { return id == connection_.id; }
  bool on_io(uint64_t id, uint32_t events) override {
    if (code_ != SONDE_OK || id != connection_.id) return false;
    if (events & SONDE_IO_ERROR) error_ = SONDE_IO_ERRNO(events);
    return true;
  }
  bool on_timer(uint64_t id) override { return id == 0 && code_ == SONDE_E_AGAIN && !dial(); }
  void expire() override { error_ = ETIMEDOUT; }
  Connection await_resume();

 private:
  bool dial() {
    code_ = task_.dial(to_, SONDE_IO_WRITE, task_.id(), connection_);
    return code_ == SONDE_OK || code_ == SONDE_E_AGAIN;  // AGAIN: on_timer(0) is our turn
  }
  Task task_;
  sonde_target to_;
  sonde_conn connection_{};
  sonde_err code_ = SONDE_OK;
  int error_ = 0;
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

// A connection of an asynchronous probe, from `co_await task.open(port)`. It is closed when the object goes, by hangup() or
// with the task, whichever is first; it is moved, never copied. Await one thing at a time; of one that is not open, or was
// moved from, reading and writing end with ENOTCONN.
class Connection : public Opened {
 public:
  Connection(Task task, uint64_t id, int fd, int error, uint8_t proto) : Opened(fd, error, proto), task_(task), id_(id) {}
  Connection(Connection &&other) noexcept : Opened(other), task_(other.task_), id_(other.id_) { take(other); }
  Connection &operator=(Connection &&other) noexcept {
    if (this == &other) return *this;
    hangup();
    Opened::operator=(other);
    task_ = other.task_;
    id_ = other.id_;
    take(other);
    return *this;
  }
  ~Connection() { hangup(); }
  uint64_t id() const { return id_; }

  // co_await ready(SONDE_IO_READ): until the descriptor is ready for a library to use. Gives 0 or an errno.
  class Ready;
  Ready ready(uint32_t events);
  // co_await read(buffer): what has arrived, at least one octet of it; UDP: one datagram, cut where the buffer ends. With a
  // patience it ends with ETIMEDOUT then, so that a question can be asked again; 0 takes only what is there.
  class Read;
  Read read(std::span<char> to, std::chrono::nanoseconds patience = no_limit);
  // co_await write(text): all of it, unless there is an error. The text must live until then. UDP: one datagram; the first
  // was paid for by open(), each later one waits here until the rate lets it leave.
  class Write;
  Write write(std::string_view from);

  // Closes it before the task ends; `reset`: without TIME_WAIT.
  void hangup(bool reset = false) {
    if (fd_ >= 0) task_.context().hangup(id_, reset);
    fd_ = -1;
  }

 private:
  template <class Self> class Io;
  void take(Connection &other) {
    written_ = other.written_;
    broken_ = other.broken_;
    other.fd_ = -1;
  }
  void take_error(Async::promise_type &promise) {
    if (int error = promise.take_error(id_)) broken_ = error;
  }
  Task task_;
  uint64_t id_;
  uint32_t written_ = 0;  // datagrams
  int broken_ = 0;        // an error that the host took from the socket; what arrived before it comes first
};

// Tries, and waits when the socket would block.
template <class Self> class Connection::Io : public detail::Awaiter<Self> {
 public:
  explicit Io(Connection &c) : c_(c) {}
  bool await_ready() const { return false; }
  bool begin(Async::promise_type &promise) {
    c_.take_error(promise);
    if ((promise.streak++ < most_at_once || c_.fd_ < 0) && step()) return false;
    c_.task_.context().rewatch(c_.id_, static_cast<Self *>(this)->events());
    return true;
  }
  bool waits_for(uint64_t id) const override { return id == c_.id_; }
  bool on_io(uint64_t id, uint32_t events) override {
    if (id != c_.id_) return false;
    if (events & SONDE_IO_ERROR) c_.broken_ = SONDE_IO_ERRNO(events);
    return step();
  }
  void expire() override { result_.error = ETIMEDOUT; }
  Transfer await_resume() const { return c_.noted(result_, Self::reads); }

 protected:
  static constexpr uint32_t most_at_once = 16;  // then the others of the shard have their turn: a peer may never stop
  ~Io() {
    if (timer_ != 0) c_.task_.context().untimer(timer_);
  }
  // True: done, well or badly. False: it would block.
  bool step() {
    if (c_.fd_ < 0) return result_.error = ENOTCONN, true;
    for (;;) {
      ssize_t n = static_cast<Self *>(this)->transfer(c_.fd_);
      if (n >= 0) {
        result_.size += static_cast<size_t>(n);
        if (static_cast<Self *>(this)->complete()) return true;
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return c_.broken_ != 0 && (result_.error = std::exchange(c_.broken_, 0), true);
      } else if (errno != EINTR) {
        return result_.error = errno, true;
      }
    }
  }
  void arm(int64_t at) { c_.task_.context().timer(at, c_.task_.id(), timer_); }
  Connection &c_;
  Transfer result_;
  uint64_t timer_ = 0;
};

class Connection::Read final : public Connection::Io<Connection::Read> {
 public:
  static constexpr bool reads = true;
  Read(Connection &c, std::span<char> to, int64_t patience) : Io(c), to_(to), patience_(patience) {}
  bool begin(Async::promise_type &promise) {
    if (!Io::begin(promise)) return false;
    if (patience_ != no_limit.count()) arm(detail::later(c_.task_.context().now(), patience_));
    return true;
  }
  bool on_timer(uint64_t id) override {
    if (id == 0 || id != timer_) return false;
    timer_ = 0;
    if (!step()) result_.error = ETIMEDOUT;
    return true;
  }
  uint32_t events() const { return SONDE_IO_READ; }
  ssize_t transfer(int fd) { return ::recv(fd, to_.data(), to_.size(), MSG_DONTWAIT); }
  bool complete() const { return true; }

 private:
  std::span<char> to_;
  int64_t patience_;
};

class Connection::Write final : public Connection::Io<Connection::Write> {
 public:
  static constexpr bool reads = false;
  Write(Connection &c, std::string_view from) : Io(c), from_(from) {}
  bool begin(Async::promise_type &promise) {
    if (!may_leave()) return true;
    return Io::begin(promise);
  }
  bool waits_for(uint64_t id) const override { return timer_ == 0 && Io::waits_for(id); }
  bool on_timer(uint64_t id) override {
    if (id == 0 || id != timer_) return false;
    timer_ = 0;
    if (!may_leave()) return false;
    if (step()) return true;
    c_.task_.context().rewatch(c_.id_, events());
    return false;
  }
  uint32_t events() const { return SONDE_IO_WRITE; }
  ssize_t transfer(int fd) {
    std::string_view rest = from_.substr(result_.size);
    return ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  bool complete() const { return result_.size == from_.size(); }

 private:
  bool may_leave() {
    int64_t again = 0;
    if (!c_.datagrams_ || c_.fd_ < 0 || c_.written_ == 0 || c_.task_.context().pace(1, again) == 1) {
      ++c_.written_;
      return true;
    }
    arm(again);
    return false;
  }
  std::string_view from_;
};

class Connection::Ready final : public detail::Awaiter<Connection::Ready> {
 public:
  Ready(Connection &c, uint32_t events) : c_(c), events_(events) {}
  bool await_ready() const { return false; }
  bool begin(Async::promise_type &promise) {
    c_.take_error(promise);
    error_ = c_.fd_ < 0 ? ENOTCONN : std::exchange(c_.broken_, 0);
    if (error_ != 0) return false;
    c_.task_.context().rewatch(c_.id_, events_);
    return true;
  }
  bool waits_for(uint64_t id) const override { return id == c_.id_; }
  bool on_io(uint64_t id, uint32_t events) override {
    if (id != c_.id_) return false;
    if (events & SONDE_IO_ERROR) error_ = SONDE_IO_ERRNO(events);
    return true;
  }
  void expire() override { error_ = ETIMEDOUT; }
  int await_resume() const { return error_; }

 private:
  Connection &c_;
  uint32_t events_;
  int error_ = 0;
};

inline Connection::Ready Connection::ready(uint32_t events) { return {*this, events}; }
inline Connection::Read Connection::read(std::span<char> to, std::chrono::nanoseconds patience) {
  return {*this, to, patience.count()};
}
inline Connection::Write Connection::write(std::string_view from) { return {*this, from}; }

inline Connection detail::Dial::await_resume() {
  if (code_ != SONDE_OK && code_ != SONDE_E_AGAIN) throw Failure(code_, "");  // the host has said why
  if (code_ == SONDE_E_AGAIN) return {task_, 0, -1, ETIMEDOUT, to_.proto};
  if (error_ == 0) return {task_, connection_.id, connection_.fd, 0, to_.proto};
  task_.context().hangup(connection_.id);
  return {task_, 0, -1, error_, to_.proto};
}

inline detail::Dial Task::open(uint16_t port, uint8_t proto) const {
  sonde_target to = target();
  to.port = port;
  to.proto = proto;
  return {*this, to};
}
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
