#include "common-linux/send_error.hpp"

#include <cerrno>
#include <cstring>

namespace sonde::net {

std::string explain_send_error(std::string_view what, int error, const Ip& to) {
  std::string why = std::string(what) + " to " + to_text(to) + " was refused by this machine: " + std::strerror(error);
  switch (error) {
    case ENETUNREACH:
    case EHOSTUNREACH:
      return why + "; expected a route to it (ip route get " + to_text(to) + ")";
    case EPERM:
      return why +
             "; expected the firewall to let it out, and room in its connection table (nft list ruleset, "
             "sysctl net.netfilter.nf_conntrack_count)";
    case EACCES:
      return why + "; the address is a broadcast address here, or a route forbids it (ip route get " + to_text(to) +
             ")";
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return why + "; expected the kernel to have " + (is_v4(to) ? "IPv4" : "IPv6 (no ipv6.disable=1)") +
             ", and this program to be allowed its sockets (RestrictAddressFamilies= of its systemd unit)";
    case EADDRNOTAVAIL:
      return why + "; expected an address of this machine to send from (ip -" + (is_v4(to) ? "4" : "6") + " address)";
    case EMSGSIZE:
      return why + "; expected the packet to fit the link";
    case EINVAL:
      if (is_link_local6(to)) return why + "; a link-local address needs its zone, as in " + to_text(to) + "%eth0";
      return why;
    default:
      return why;
  }
}

}  // namespace sonde::net
