#include "tcp-syn/sockets_linux.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tcp-syn/answer_filter.hpp"
#include "tcp-syn/segment.hpp"

namespace sonde::tcp_syn {
namespace {

constexpr int checksum_offset = 16;

// None, and why. A shortage is no answer to whether this machine allows it.
struct Opened {
  net::Socket socket;
  std::string why_not;
};
Opened open_filtered(const Context& host, int family, int protocol, const std::vector<sock_filter>& filter) {
  int fd = -1;
  switch (host.raw(family, protocol, 0, fd)) {
    case SONDE_OK:
      break;
    case SONDE_E_AGAIN:
      throw Failure(SONDE_E_AGAIN,
                    "no raw socket can be had: no descriptor or memory is left; expected free descriptors (ulimit -n)");
    case SONDE_E_DENIED:
      return {{}, "no raw socket is allowed on this machine"};
    default:
      return {{}, "this machine has no raw sockets for it"};
  }
  net::Socket socket(fd);
  // Without its filter a socket is flooded with the traffic of the whole machine; better none.
  if (!socket.attach_filter(filter)) return {{}, std::string("no filter can be attached: ") + std::strerror(errno)};
  return {std::move(socket), {}};
}

bool configure(const net::Socket& tcp, bool four) {
  const int on = 1, offset = checksum_offset;
  return four ? ::setsockopt(tcp.fd(), IPPROTO_IP, IP_HDRINCL, &on, sizeof on) == 0
              : ::setsockopt(tcp.fd(), IPPROTO_IPV6, IPV6_CHECKSUM, &offset, sizeof offset) == 0;
}

}  // namespace

Family open_family(const Context& host, bool four, uint16_t source_port) {
  const char* name = four ? "IPv4" : "IPv6";
  Family f;
  f.four = four;
  const int family = four ? AF_INET : AF_INET6;
  Opened tcp =
      open_filtered(host, family, IPPROTO_TCP, four ? answer_filter4(source_port) : answer_filter6(source_port));
  if (tcp.socket && !configure(tcp.socket, four)) tcp = {{}, std::strerror(errno)};
  if (!tcp.socket) {
    f.why_not = std::string("TCP over ") + name + ": " + tcp.why_not;
    return f;
  }
  f.tcp = std::move(tcp.socket);
  const int on = 1;
  // Not fatal: without it the time of arrival is when the packet is read.
  ::setsockopt(f.tcp.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  f.icmp = open_filtered(host, family, four ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6},
                         four ? error_filter4(source_port) : error_filter6(source_port))
               .socket;
  f.batch = std::make_unique<Batch>((four ? net::ip4_header_size : 0) + syn_size);
  return f;
}

}  // namespace sonde::tcp_syn
