// ECONNREFUSED is both an RST and an ICMP port-unreachable, which is how many firewalls refuse for hosts that do not
// exist. TCP_INFO tells them apart: only the RST was a segment of this connection.
#include "connect_result.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace sonde::tcp_banner {
namespace {

bool host_refused(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  // Kernels before 4.2 do not count; there a refusal is taken for the host's.
  if (size < offsetof(tcp_info, tcpi_segs_in) + sizeof info.tcpi_segs_in) return true;
  return !refused_by_icmp(info.tcpi_segs_out, info.tcpi_segs_in);
}

}  // namespace

// A connect() that itself returns the refusal (loopback) has cleared both counters: that was an RST too.
bool refused_by_icmp(uint32_t segments_out, uint32_t segments_in) {
  return segments_out > 0 && segments_in == 0;
}

ConnectResult connect_result(int error, int fd) {
  switch (error) {
    case 0:
    case ECONNRESET:
    case EPIPE:
      return ConnectResult::open;
    case ECONNREFUSED:
      return host_refused(fd) ? ConnectResult::closed : ConnectResult::silent;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case ENOBUFS:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
      return ConnectResult::shortage;
    default:
      return ConnectResult::silent;
  }
}

}  // namespace sonde::tcp_banner
