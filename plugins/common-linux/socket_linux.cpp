// Socket options of Linux, and what its send errors mean.
#include "common-linux/socket.hpp"

#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#ifndef SO_MEMINFO
#define SO_MEMINFO 55  // Linux 4.12; glibc takes it from the kernel's headers
#endif

namespace sonde::net {

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

bool Socket::attach_filter(std::span<const sock_filter> program) const {
  sock_fprog attached{};
  attached.len = static_cast<unsigned short>(program.size());
  attached.filter = const_cast<sock_filter*>(program.data());
  return ::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) == 0;
}

uint32_t Socket::drops() const {
  uint32_t info[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof info;
  if (::getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, info, &length) != 0) return 0;
  return length > SK_MEMINFO_DROPS * sizeof info[0] ? info[SK_MEMINFO_DROPS] : 0;
}

SendFault classify_send_error(int error) {
  switch (error) {
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
      return SendFault::shortage;
    default:
      return SendFault::local;
  }
}

}  // namespace sonde::net
