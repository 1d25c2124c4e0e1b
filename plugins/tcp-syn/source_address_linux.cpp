#include "tcp-syn/source_address_linux.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sonde/plugin.hpp>

#include <cerrno>
#include <cstring>
#include <string>

namespace sonde::tcp_syn {

SourceAddress::SourceAddress() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  // A machine without IPv4 has nothing to ask for.
  if (!socket_ && errno != EAFNOSUPPORT)
    throw Failure(SONDE_E_AGAIN, std::string("no socket can be had to ask for routes: ") + std::strerror(errno) +
                                     "; expected free descriptors (ulimit -n)");
}

// Connecting a datagram socket chooses a route and an address, and does no more.
int SourceAddress::find(const net::Ip& to, net::Ip& from) const {
  if (!socket_) return EAFNOSUPPORT;
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(9);
  std::memcpy(&there.sin_addr, &to[12], 4);
  if (::connect(socket_.fd(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0) return errno;
  sockaddr_in here{};
  socklen_t size = sizeof here;
  const int result = ::getsockname(socket_.fd(), reinterpret_cast<sockaddr*>(&here), &size) == 0 ? 0 : errno;
  from = net::mapped(reinterpret_cast<const uint8_t*>(&here.sin_addr));
  // Else the address would stay for the next target.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ::connect(socket_.fd(), &nobody, sizeof nobody);
  return result;
}

}  // namespace sonde::tcp_syn
