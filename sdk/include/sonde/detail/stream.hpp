// What reading and writing came to, for both styles of probe; and Stream, the connection of a blocking one.
#ifndef SONDE_DETAIL_STREAM_HPP
#define SONDE_DETAIL_STREAM_HPP
#include <sonde/detail/guard.hpp>
#include <sys/socket.h>

#include <cerrno>
#include <span>

namespace sonde {

// One read or write. True when something was transferred.
struct Transfer {
  size_t size = 0;  // octets
  int error = 0;    // errno; ETIMEDOUT: the deadline came, or the run ends
  explicit operator bool() const { return error == 0 && size > 0; }
  bool ended() const { return error == 0 && size == 0; }  // the other side closed
  bool timed_out() const { return error == ETIMEDOUT; }
};

// What every connection tells: whether it is open, and if not, why. Not being open is no fault: it is an answer or silence.
class Opened {
 public:
  explicit operator bool() const { return error_ == 0 && fd_ >= 0; }
  int error() const { return error_; }                           // errno, 0 when open
  bool refused() const { return error_ == ECONNREFUSED; }
  // The host has shown a sign of life: it let us in, refused, or let us in and hung up at once. Silence and errors of
  // routers on the way are none.
  bool answered() const { return static_cast<bool>(*this) || refused() || error_ == ECONNRESET; }
  // What a probe that was not let in says of its target.
  sonde_outcome outcome() const { return answered() ? SONDE_NEGATIVE : SONDE_NO_ANSWER; }
  int fd() const { return fd_; }  // the host's: never to close

 protected:
  int fd_ = -1, error_ = 0;
};

// A connection of a blocking probe, from Task::connect(port). Reads and writes end at the deadline. The host closes it with
// done(), or when run() returns; copies name the same socket. [worker]
class Stream : public Opened {
 public:
  Stream(Context host, sonde_task task, int fd, int error) : host_(host), task_(task) {
    fd_ = fd;
    error_ = error;
  }

  // What has arrived, at least one octet of it (UDP: one datagram).
  Transfer read(std::span<char> to) const {
    return transfer([&] { return ::recv(fd_, to.data(), to.size(), 0); });
  }
  // All of it, unless there is an error.
  Transfer write(std::string_view from) const {
    Transfer total;
    while (total.size < from.size()) {
      std::string_view rest = from.substr(total.size);
      Transfer part = transfer([&] { return ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL); });
      total.size += part.size;
      total.error = part.error;
      if (!part) break;
    }
    return total;
  }

 private:
  template <class F> Transfer transfer(F &&f) const {
    for (;;) {
      ssize_t n = f();
      // The host shuts the socket down at the deadline, which looks like the other side's end.
      if (n <= 0 && host_.host().cancelled(host_.raw_context(), task_)) return {0, ETIMEDOUT};
      if (n >= 0) return {static_cast<size_t>(n), 0};
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, ETIMEDOUT};
      if (errno != EINTR) return {0, errno};
    }
  }
  Context host_;
  sonde_task task_;
};

inline Stream Task::connect(uint16_t port, uint8_t proto) const {
  sonde_target to = target();
  to.port = port;
  to.proto = proto;
  int fd = -1;
  switch (sonde_err e = connect(to, fd)) {
    case SONDE_OK: return {host_, id_, fd, 0};
    case SONDE_E_IO: return {host_, id_, -1, fd < 0 ? -fd : EIO};
    case SONDE_E_STALE: return {host_, id_, -1, ETIMEDOUT};
    case SONDE_E_AGAIN: throw detail::Postponed{};
    default: throw Failure(e, "");  // the host has said why
  }
}

}  // namespace sonde
#endif
