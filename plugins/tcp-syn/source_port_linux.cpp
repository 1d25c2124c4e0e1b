#include "tcp-syn/source_port_linux.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sonde/plugin.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "common-linux/bpf.hpp"

namespace sonde::tcp_syn {
namespace {

constexpr uint32_t first_port = 1024, ports = 0x10000 - first_port;
constexpr uint32_t most_candidates = 4096;

// Both families by one socket, where the machine has IPv6.
net::Socket open_socket(bool& six) {
  net::Socket socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int off = 0;
  six = socket && ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0;
  if (!six) socket = net::Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return socket;
}

// The kernel drops, without a word, what a socket does not want to hear. A filter takes everything, but of TCP sockets
// recent kernels (6.18) want CAP_NET_ADMIN for it, which a probe with CAP_NET_RAW does not have; the least hop count
// takes whatever crossed a router, and neighbours that do not begin at 255. Where neither holds, the kernel takes back
// a half-open connection itself, as it does for any port: one more RST, and no answer is lost by it.
void deafen(const net::Socket& socket, bool six) {
  const int most = 255;
  socket.attach_filter(net::bpf::drop_all());
  ::setsockopt(socket.fd(), IPPROTO_IP, IP_MINTTL, &most, sizeof most);
  if (six) ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_MINHOPCOUNT, &most, sizeof most);
}

bool bind_to(const net::Socket& socket, bool six, uint16_t port) {
  sockaddr_in6 any6{};
  any6.sin6_family = AF_INET6;
  any6.sin6_port = htons(port);
  sockaddr_in any4{};
  any4.sin_family = AF_INET;
  any4.sin_port = htons(port);
  return (six ? ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&any6), sizeof any6)
              : ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&any4), sizeof any4)) == 0;
}

}  // namespace

PortRange read_local_port_range() {
  PortRange range;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/sys/net/ipv4/ip_local_port_range", "re"),
                                                             [](std::FILE* f) { return f ? std::fclose(f) : 0; });
  unsigned low = 0, high = 0;
  if (file && std::fscanf(file.get(), "%u %u", &low, &high) == 2 && low > 0 && low <= high && high <= 0xffff)
    range = {static_cast<uint16_t>(low), static_cast<uint16_t>(high)};
  return range;
}

uint16_t candidate(PortRange local, uint64_t seed, uint32_t n) {
  const uint32_t low = std::max<uint32_t>(local.low, first_port);
  const uint32_t inside = local.high >= low ? local.high - low + 1 : 0, outside = ports - inside;
  const auto turn = [&](uint32_t count, uint32_t i) { return static_cast<uint32_t>((seed + i) % count); };
  if (n < outside) {
    const uint32_t port = first_port + turn(outside, n);
    return static_cast<uint16_t>(port < low ? port : port + inside);
  }
  return static_cast<uint16_t>(low + turn(inside, n - outside));
}

SourcePort::SourcePort(uint64_t seed) {
  const PortRange local = read_local_port_range();
  bool six = false;
  int error = 0;
  for (uint32_t n = 0; n < most_candidates; ++n) {
    // A socket that was bound cannot be bound again.
    socket_ = open_socket(six);
    if (!socket_) break;
    // Deaf before it has the port.
    deafen(socket_, six);
    const uint16_t port = candidate(local, seed, n);
    if (bind_to(socket_, six, port) && ::listen(socket_.fd(), 0) == 0) {
      number_ = port;
      return;
    }
    error = errno;
    if (error != EADDRINUSE && error != EACCES) break;
  }
  if (error == 0) error = errno;
  throw Failure(SONDE_E_IO, std::string("no local TCP port can be had for the answers: ") + std::strerror(error) +
                                "; expected a free one outside net.ipv4.ip_local_port_range");
}

}  // namespace sonde::tcp_syn
