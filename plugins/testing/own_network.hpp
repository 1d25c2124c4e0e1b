// A network namespace in a child of the test, so that it takes nothing from the tests behind it.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/ipv6.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>

namespace sonde::testing {

inline bool set_up(const char* interface) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  const bool up = ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  ::close(fd);
  return up;
}

/// Runs `body` in a network whose loopback has IPv4 only. Its failures are the test's. False: no such network can be
/// made here, or `body` says that it cannot be what it needs.
inline bool in_own_network(const std::function<bool()>& body) {
  constexpr int impossible = 77;
  const auto make = [] {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    std::ofstream off("/proc/sys/net/ipv6/conf/lo/disable_ipv6");
    off << 1 << std::flush;
    return set_up("lo") && off.good();
  };
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool possible = make() && body();
    std::fflush(nullptr);
    ::_exit(!possible ? impossible : ::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == impossible) return false;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "see above";
  return true;
}

/// A bridge without a link, on which nobody answers whether the address is taken: it stays tentative. False: there are
/// no bridges here.
inline bool add_tentative_address(const char* bridge, const char* address) {
  const int any = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  in6_ifreq request{};
  bool made = any >= 0 && ::ioctl(any, SIOCBRADDBR, bridge) == 0 && set_up(bridge);
  request.ifr6_ifindex = static_cast<int>(::if_nametoindex(bridge));
  request.ifr6_prefixlen = 64;
  made = made && ::inet_pton(AF_INET6, address, &request.ifr6_addr) == 1 && ::ioctl(any, SIOCSIFADDR, &request) == 0;
  ::close(any);
  return made;
}

}  // namespace sonde::testing
