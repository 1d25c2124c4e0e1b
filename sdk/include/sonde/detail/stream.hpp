// What reading and writing came to, for both styles of probe; and Stream, the connection of a blocking one.
#ifndef SONDE_DETAIL_STREAM_HPP
#define SONDE_DETAIL_STREAM_HPP
#include <netinet/in.h>
#include <poll.h>
#include <sonde/detail/guard.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <thread>

namespace sonde {

// One read or write. True when something was transferred; an empty datagram is something.
struct Transfer {
  size_t size = 0;        // octets
  int error = 0;          // errno; ETIMEDOUT: the deadline, the end of the run, or the patience of a read
  bool datagram = false;  // of UDP, where nothing ends
  explicit operator bool() const { return error == 0 && (size > 0 || datagram); }
  bool ended() const { return error == 0 && size == 0 && !datagram; }  // the other side closed
  bool timed_out() const { return error == ETIMEDOUT; }
  bool refused() const { return error == ECONNREFUSED; }  // UDP: the port is closed
};

// A read without a limit of its own: it may last until the deadline.
inline constexpr std::chrono::nanoseconds no_limit = std::chrono::nanoseconds::max();

// What every connection tells: whether it is open, and if not, why. Not being open is no fault: it is an answer or silence.
class Opened {
 public:
  explicit operator bool() const { return error_ == 0 && fd_ >= 0; }
  int error() const { return error_; }                           // errno, 0 when open
  bool refused() const { return error_ == ECONNREFUSED; }
  // The host has shown a sign of life: it let us in, refused, or let us in and hung up at once. Silence and errors of
  // routers on the way are none. UDP is open without a word: it has answered once a datagram came, an empty one too, or a
  // read or write ended with ECONNREFUSED.
  bool answered() const { return heard_ || refused() || error_ == ECONNRESET; }
  // What a probe says of its target when it was not let in, or over UDP heard nothing that it looks for.
  sonde_outcome outcome() const { return answered() ? SONDE_NEGATIVE : SONDE_NO_ANSWER; }
  int fd() const { return fd_; }  // the host's: never to close

 protected:
  Opened(int fd, int error, uint8_t proto)
      : fd_(fd), error_(error), datagrams_(proto == IPPROTO_UDP), heard_(fd >= 0 && error == 0 && !datagrams_) {}
  // What reading and writing of datagrams tells; the same of a stream is known since it was opened.
  Transfer noted(Transfer t, bool was_read) {
    t.datagram = datagrams_;
    heard_ = heard_ || t.refused() || (was_read && t.error == 0);
    return t;
  }
  int fd_, error_;
  bool datagrams_, heard_;
};

// A connection of a blocking probe, from Task::connect(port). Reads and writes end at the deadline; of one that is not open
// with ENOTCONN. The host closes it with done(), or when run() returns; copies name the same socket. [worker]
class Stream : public Opened {
 public:
  Stream(Task task, int fd, int error, uint8_t proto) : Opened(fd, error, proto), task_(task) {}

  // What has arrived, at least one octet of it; UDP: one datagram, cut where `to` ends. Waits no longer than `patience`.
  Transfer read(std::span<char> to, std::chrono::nanoseconds patience = no_limit) {
    const auto receive = [&] { return ::recv(fd_, to.data(), to.size(), 0); };
    return noted(patience == no_limit || readable(patience) ? transfer(receive) : Transfer{0, ETIMEDOUT}, true);
  }
  // All of it, unless there is an error. UDP: one datagram; the first was paid for when it was opened, each later one waits
  // here until the rate lets it leave.
  Transfer write(std::string_view from) {
    Transfer total;
    if (datagrams_ && fd_ >= 0 && written_++ > 0 && !task_.pace(1)) return noted({0, ETIMEDOUT}, false);
    do {
      std::string_view rest = from.substr(total.size);
      Transfer part = transfer([&] { return ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL); });
      total.size += part.size;
      total.error = part.error;
    } while (total.error == 0 && total.size < from.size());
    return noted(total, false);
  }

 private:
  template <class F> Transfer transfer(F &&f) const {
    if (fd_ < 0) return {0, ENOTCONN};
    for (;;) {
      ssize_t n = f();
      // The host shuts the socket down at the deadline, which looks like the other side's end.
      if (n <= 0 && task_.cancelled()) return {0, ETIMEDOUT};
      if (n >= 0) return {static_cast<size_t>(n), 0};
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, ETIMEDOUT};
      if (errno != EINTR) return {0, errno};
    }
  }
  // Also when an error makes reading end at once.
  bool readable(std::chrono::nanoseconds patience) const {
    constexpr int64_t look_again = 20;  // at cancelled(), in ms
    const int64_t end = detail::later(task_.context().now(), patience.count());
    for (;;) {
      const int64_t left = end - task_.context().now();
      pollfd p{fd_, POLLIN, 0};
      const int64_t wait = std::clamp<int64_t>(left / 1'000'000 + (left > 0 ? 1 : 0), 0, look_again);
      if (fd_ < 0 || ::poll(&p, 1, static_cast<int>(wait)) > 0) return true;
      if (left <= 0 || task_.cancelled()) return false;
    }
  }
  Task task_;
  uint32_t written_ = 0;
};

inline Stream Task::connect(uint16_t port, uint8_t proto) const {
  sonde_target to = target();
  to.port = port;
  to.proto = proto;
  int fd = -1;
  switch (sonde_err e = connect(to, fd)) {
    case SONDE_OK: return {*this, fd, 0, proto};
    case SONDE_E_IO: return {*this, -1, fd < 0 ? -fd : EIO, proto};
    case SONDE_E_STALE: return {*this, -1, ETIMEDOUT, proto};
    case SONDE_E_AGAIN: throw detail::Postponed{};
    default: throw Failure(e, "");  // the host has said why
  }
}

inline bool Task::pace(uint32_t packets) const {
  constexpr int64_t look_again = 20'000'000;  // at cancelled(), in ns
  while (packets > 0) {
    if (cancelled()) return false;
    int64_t again = 0;
    packets -= host_.pace(packets, again);
    const int64_t pause = std::clamp<int64_t>(again - host_.now(), 100'000, look_again);
    if (packets > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(pause));
  }
  return true;
}

}  // namespace sonde
#endif
