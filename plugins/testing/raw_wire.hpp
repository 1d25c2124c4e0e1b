// For the tests of probes that send by raw sockets: what leaves is kept or refused, what is to arrive is put in, and
// neither takes a privilege or a network. A raw socket is one half of a local pair, for the event loop to wait for; the
// system calls that only raw sockets understand are answered here. To be included by one source file of a test: it
// defines those calls.
#pragma once
#include <netinet/in.h>
#include <sonde/plugin.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <vector>

namespace sonde::testing {

class RawWire {
 public:
  using Packet = std::vector<uint8_t>;

  RawWire() { current() = this; }
  ~RawWire() {
    for (const auto& [fd, end] : ends_) ::close(end.peer);
    current() = nullptr;
  }
  RawWire(const RawWire&) = delete;
  RawWire& operator=(const RawWire&) = delete;

  /// What becomes of a packet that is sent: 0, or the errno with which this machine refuses it.
  std::function<int(const Packet&)> leaves = [](const Packet&) { return 0; };
  std::vector<Packet> sent;  ///< that left

  /// For ShardHost::raw.
  sonde_err open(int family, int protocol, int& fd) {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) return SONDE_E_IO;
    ends_[fds[0]] = {family, protocol, fds[1], {}};
    fd = fds[0];
    return SONDE_OK;
  }
  /// An IPv4 packet arrives for the sockets of that protocol, as they see it: with its IP header.
  void arrive(int protocol, const Packet& packet) {
    for (auto& [fd, end] : ends_) {
      if (end.family != AF_INET || end.protocol != protocol) continue;
      end.queue.push_back(packet);
      ::send(end.peer, "", 1, MSG_NOSIGNAL);
    }
  }

  static RawWire*& current() {
    static RawWire* wire = nullptr;
    return wire;
  }
  static bool has(int fd) { return current() && current()->ends_.count(fd) != 0; }

  int send(mmsghdr* messages, unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const iovec& piece = *messages[i].msg_hdr.msg_iov;
      const auto* octets = static_cast<const uint8_t*>(piece.iov_base);
      const Packet packet(octets, octets + piece.iov_len);
      if (const int error = leaves(packet); error != 0) {
        errno = error;
        return i == 0 ? -1 : static_cast<int>(i);
      }
      sent.push_back(packet);
    }
    return static_cast<int>(count);
  }
  int receive(int fd, mmsghdr* messages, unsigned count) {
    End& end = ends_[fd];
    unsigned n = 0;
    for (; n < count && !end.queue.empty(); ++n) {
      const Packet packet = end.queue.front();
      end.queue.pop_front();
      msghdr& header = messages[n].msg_hdr;
      const size_t size = std::min(packet.size(), header.msg_iov->iov_len);
      std::memcpy(header.msg_iov->iov_base, packet.data(), size);
      messages[n].msg_len = static_cast<unsigned>(size);
      sockaddr_in from{};
      from.sin_family = AF_INET;
      std::memcpy(&from.sin_addr, &packet[12], 4);
      std::memcpy(header.msg_name, &from, sizeof from);
      header.msg_controllen = 0;
      char signal = 0;
      ::recv(fd, &signal, 1, MSG_DONTWAIT);
    }
    if (n == 0) errno = EAGAIN;
    return n == 0 ? -1 : static_cast<int>(n);
  }

 private:
  struct End {
    int family = 0, protocol = 0, peer = -1;
    std::deque<Packet> queue;
  };
  std::map<int, End> ends_;
};

}  // namespace sonde::testing

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (sonde::testing::RawWire::has(fd)) return sonde::testing::RawWire::current()->send(messages, count);
  return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, count, flags));
}
extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* limit) {
  if (sonde::testing::RawWire::has(fd)) return sonde::testing::RawWire::current()->receive(fd, messages, count);
  return static_cast<int>(::syscall(SYS_recvmmsg, fd, messages, count, flags, limit));
}
extern "C" int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  if (sonde::testing::RawWire::has(fd)) return 0;
  return static_cast<int>(::syscall(SYS_setsockopt, fd, level, name, value, size));
}
