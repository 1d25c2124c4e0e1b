// The error queue of a socket (ip(7), IP_RECVERR). It must be emptied, or the loop is told of it again and again.
#include "icmp_errors.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <array>
#include <cstring>

namespace sonde::snmp {
namespace {

constexpr int most_errors = 64;

bool is_from(const sockaddr* offender, const uint8_t (&target)[16]) {
  std::array<uint8_t, 16> sender{};
  if (offender->sa_family == AF_INET) {
    sender[10] = sender[11] = 0xff;
    std::memcpy(&sender[12], &reinterpret_cast<const sockaddr_in*>(offender)->sin_addr, 4);
  } else if (offender->sa_family == AF_INET6) {
    std::memcpy(sender.data(), &reinterpret_cast<const sockaddr_in6*>(offender)->sin6_addr, sender.size());
  } else {
    return false;
  }
  return std::memcmp(sender.data(), target, sender.size()) == 0;
}

bool is_closed_port(const sock_extended_err& error) {
  return (error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH &&
          error.ee_code == ICMP_PORT_UNREACH) ||
         (error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMP6_DST_UNREACH &&
          error.ee_code == ICMP6_DST_UNREACH_NOPORT);
}

}  // namespace

void keep_icmp_errors(int fd) {
  const int on = 1;
  // One of the two fits the family of the socket; the other is refused.
  ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
}

bool refused_by(int fd, const uint8_t (&target)[16]) {
  bool refused = false;
  for (int i = 0; i < most_errors; ++i) {
    alignas(cmsghdr) std::array<char, 512> control{};
    char ignored = 0;
    iovec part{&ignored, sizeof ignored};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      auto* error = reinterpret_cast<sock_extended_err*>(CMSG_DATA(c));
      refused |= is_closed_port(*error) && is_from(SO_EE_OFFENDER(error), target);
    }
  }
  return refused;
}

}  // namespace sonde::snmp
