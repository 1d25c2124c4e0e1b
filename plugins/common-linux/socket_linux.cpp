// Socket options of Linux, and what its send errors mean.
#include "common-linux/socket.hpp"

#include <linux/if_addr.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

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

namespace {

// Whether the kernel still looks for duplicates of an IPv6 address of this machine. Many packets fail at a time: it is
// asked once for those of a moment.
bool source_is_tentative() {
  constexpr int64_t moment = 20'000'000;
  // Without a carrier an address stays tentative for good, and is not worth waiting for (RFC 4862: one second).
  constexpr int64_t longest = 5'000'000'000;
  static thread_local int64_t asked_at = 0, since = 0;
  static thread_local bool tentative = false;
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  const int64_t now = t.tv_sec * int64_t{1'000'000'000} + t.tv_nsec;
  if (asked_at != 0 && now - asked_at < moment) return tentative;
  asked_at = now;
  tentative = false;
  FILE* const list = std::fopen("/proc/net/if_inet6", "re");
  if (!list) return false;
  // Address, interface, length, scope, flags, name. A duplicate that was found stays tentative for good.
  for (unsigned flags = 0; !tentative && std::fscanf(list, "%*s %*s %*s %*s %x %*s", &flags) == 1;)
    tentative = (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_DADFAILED) == 0;
  std::fclose(list);
  if (!tentative)
    since = 0;
  else if (since == 0)
    since = now;
  tentative = tentative && now - since < longest;
  return tentative;
}

}  // namespace

SendFault classify_send_error(int error) {
  switch (error) {
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
      return SendFault::shortage;
    case EADDRNOTAVAIL:
      return source_is_tentative() ? SendFault::no_source : SendFault::local;
    default:
      return SendFault::local;
  }
}

}  // namespace sonde::net
