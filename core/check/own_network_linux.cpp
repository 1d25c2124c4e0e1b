#include "check/own_network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "check/sandbox.hpp"

namespace sonde::core::check {
namespace {

bool write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

/// The same user inside as outside.
void map_user(uid_t uid, gid_t gid) {
  const auto map = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1\n"; };
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", map(uid));
  write_file("/proc/self/gid_map", map(gid));
}

bool raise_loopback() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  bool up = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  up = up && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  ::close(fd);
  return up;
}

}  // namespace

bool enter_own_network() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  const bool as_root = unshare(CLONE_NEWNET) == 0;
  if (as_root && raise_loopback()) return true;
  // Its maker has all capabilities over what belongs to a user namespace, also where root lacks CAP_NET_ADMIN.
  const bool as_user = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
  if (as_user) map_user(uid, gid);
  if (as_user && raise_loopback()) return true;
  if (as_root || as_user) give_up("loopback in a network of its own", errno);
  return false;
}

bool silence_pings() {
  const bool v4 = write_file("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1");
  const bool v6 = write_file("/proc/sys/net/ipv6/icmp/echo_ignore_all", "1");
  return v4 || v6;
}

}  // namespace sonde::core::check
