#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/convert.hpp"
#include "engine/sockets.hpp"
#include "engine/tentative_address.hpp"

namespace sonde::core {

namespace {
constexpr int receive_buffer = 8 << 20;  // a reply to a sweep costs some 830 bytes of it
}

bool is_local_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL ||
         error == EAGAIN;
}

bool is_of_one_target(int error) {
  return error == EADDRNOTAVAIL || error == EAGAIN;
}

namespace {
/// A datagram socket does not run out of ports by EADDRNOTAVAIL, and its connect() sends nothing.
bool has_source_address(const sockaddr* to, socklen_t size) {
  const int fd = ::socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;  // not known
  const bool none = ::connect(fd, to, size) != 0 && errno == EADDRNOTAVAIL;
  ::close(fd);
  return !none;
}
}  // namespace

int open_connection(const IpAddress& ip, uint16_t port, uint8_t proto, int* refused) {
  *refused = 0;
  sockaddr_storage address;
  const socklen_t size = to_sockaddr(ip, port, &address);
  const int type = (proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const int fd = ::socket(address.ss_family, type, 0);
  if (fd < 0) return -errno;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 || errno == EINPROGRESS) return fd;
  const int error = errno;
  if (error == ECONNREFUSED || error == EHOSTUNREACH || error == ETIMEDOUT || error == ECONNRESET) {
    *refused = error;
    return fd;
  }
  ::close(fd);
  if (error == EADDRNOTAVAIL && !has_source_address(reinterpret_cast<const sockaddr*>(&address), size) &&
      (address.ss_family != AF_INET6 || !has_tentative_address(ip.zone())))
    return -ENETUNREACH;
  return -error;
}

void close_socket(int fd, bool reset) {
  if (fd < 0) return;
  if (reset) {
    const linger now{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  ::close(fd);
}

int open_raw(int family, int proto, uint32_t ifindex) {
  const int wire_proto = family == AF_PACKET ? htons(static_cast<uint16_t>(proto)) : proto;
  // A packet socket without a protocol receives nothing until it is bound to its interface.
  const bool bound = family == AF_PACKET && ifindex != 0;
  const int fd = ::socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, bound ? 0 : wire_proto);
  if (fd < 0) return -errno;
  // Forcing needs a privilege that is dropped before the first packet; without it the system's limit applies.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (bound) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = static_cast<uint16_t>(wire_proto);
    address.sll_ifindex = static_cast<int>(ifindex);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      const int error = errno;
      ::close(fd);
      return -error;
    }
  }
  return fd;
}

uint64_t dropped_by(int fd) {
  uint32_t info[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof info;
  return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) == 0 ? info[SK_MEMINFO_DROPS] : 0;
}

uint64_t inode_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace sonde::core
