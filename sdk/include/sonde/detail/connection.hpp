// Connection: TCP and UDP of an asynchronous probe, opened, read and written by co_await. Everything here is [shard].
#ifndef SONDE_DETAIL_CONNECTION_HPP
#define SONDE_DETAIL_CONNECTION_HPP
#include <sonde/detail/async.hpp>
#include <sonde/detail/stream.hpp>

namespace sonde {

class Connection;

namespace detail {

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

}  // namespace sonde
#endif
