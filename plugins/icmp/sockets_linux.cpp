// Opening sockets for echo requests on Linux.
#include "icmp/sockets_linux.hpp"

#include <cerrno>
#include <cstring>

#include "icmp/echo.hpp"
#include "icmp/echo_filter.hpp"

namespace sonde::icmp {
namespace {

int protocol(int family) {
  return family == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
}

net::Socket open_raw(const Context& host, int family, uint16_t id) {
  int fd = -1;
  const sonde_err e = host.raw(family, protocol(family), 0, fd);
  // A shortage is no lack of rights: with ping sockets instead, ICMP errors would be missed without a word.
  if (e == SONDE_E_AGAIN)
    throw Failure(e,
                  "no raw socket can be had: no descriptor or memory is left; expected free descriptors (ulimit -n)");
  if (e != SONDE_OK) return {};
  net::Socket socket(fd);
  // Without its filter the socket is flooded with the ICMP of the whole machine; better none.
  if (!socket.attach_filter(family == AF_INET ? reply_filter4(id) : reply_filter6(id))) return {};
  return socket;
}

}  // namespace

EchoSocket open_echo_socket(const Context& host, int family, uint16_t id, size_t packet_size) {
  EchoSocket echo;
  echo.socket = open_raw(host, family, id);
  echo.raw = static_cast<bool>(echo.socket);
  if (!echo.raw)
    echo.socket = net::Socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol(family)));
  if (!echo.socket) {
    echo.why_not = std::string(family == AF_INET ? "ICMP" : "ICMPv6") +
                   ": no raw socket is allowed, and no ping socket: " + std::strerror(errno);
    return echo;
  }
  const int on = 1;
  // Not fatal: without it the time of arrival is when the packet is read.
  ::setsockopt(echo.socket.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (!echo.raw) {
    const int size = 4 * 1024 * 1024;
    ::setsockopt(echo.socket.fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }
  echo.batch = std::make_unique<SlotBatch>(packet_size);
  return echo;
}

}  // namespace sonde::icmp
