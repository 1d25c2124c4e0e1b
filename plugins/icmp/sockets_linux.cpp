// Opening sockets for echo requests on Linux.
#include "icmp/sockets_linux.hpp"

#include <linux/if_ether.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "icmp/echo.hpp"
#include "icmp/echo_filter.hpp"

namespace sonde::icmp {
namespace {

constexpr size_t most_frame_sockets = 64;  // a machine full of containers has hundreds of links

int protocol(int family) {
  return family == AF_INET ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
}

net::Socket open_raw(const Context& host, int family, uint16_t id) {
  int fd = -1;
  if (host.raw(family, protocol(family), 0, fd) != SONDE_OK) return {};
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

std::vector<FrameSocket> open_frame_sockets(const Context& host, const net::Network& network, size_t packet_size) {
  std::vector<FrameSocket> sockets;
  const auto drop_all = drop_all_filter();
  for (const net::Link& link : network.links) {
    const bool addressed = std::any_of(network.addresses.begin(), network.addresses.end(),
                                       [&](const net::Address& a) { return a.link == link.index; });
    if (!link.up || !link.ethernet || !link.mac || !addressed || sockets.size() == most_frame_sockets) continue;
    FrameSocket s;
    s.link = link.index;
    int fd = -1;
    if (host.raw(AF_PACKET, ETH_P_IP, link.index, fd) != SONDE_OK) continue;
    s.socket = net::Socket(fd);
    // It only sends; replies come through the ICMP sockets.
    if (!s.socket.attach_filter(drop_all)) continue;
    s.batch = std::make_unique<SlotBatch>(packet_size + frame_overhead);
    sockets.push_back(std::move(s));
  }
  return sockets;
}

}  // namespace sonde::icmp
