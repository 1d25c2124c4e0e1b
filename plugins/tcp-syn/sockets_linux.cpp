#include "tcp-syn/sockets_linux.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "tcp-syn/answer_filter.hpp"
#include "tcp-syn/segment.hpp"

namespace sonde::tcp_syn {
namespace {

constexpr int checksum_offset = 16;

// Without its filter a socket is flooded with the traffic of the whole machine; better none.
net::Socket open_filtered(const Context& host, int family, int protocol, const std::vector<sock_filter>& filter) {
  int fd = -1;
  if (host.raw(family, protocol, 0, fd) != SONDE_OK) return {};
  net::Socket socket(fd);
  if (!socket.attach_filter(filter)) return {};
  return socket;
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
  f.tcp = open_filtered(host, family, IPPROTO_TCP, four ? answer_filter4(source_port) : answer_filter6(source_port));
  if (!f.tcp || !configure(f.tcp, four)) {
    f.tcp = {};
    f.why_not = std::string("TCP over ") + name + ": no raw socket is allowed on this machine";
    return f;
  }
  const int on = 1;
  // Not fatal: without it the time of arrival is when the packet is read.
  ::setsockopt(f.tcp.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  f.icmp = open_filtered(host, family, four ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6},
                         four ? error_filter4(source_port) : error_filter6(source_port));
  f.batch = std::make_unique<Batch>((four ? net::ip4_header_size : 0) + syn_size);
  return f;
}

}  // namespace sonde::tcp_syn
