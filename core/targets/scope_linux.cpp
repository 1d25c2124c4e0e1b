// The prefixes this machine is connected to, read from the addresses of its interfaces.
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include "targets/scope.hpp"

namespace sonde::core {
namespace {

template <class Sockaddr>
Sockaddr read_as(const sockaddr* from) {
  Sockaddr to{};
  std::memcpy(&to, from, sizeof to);
  return to;
}

Cidr prefix_of(const IpAddress& own, unsigned length) {
  const unsigned host_bits = (own.is_v4() ? 32 : 128) - length;
  const uint128 mask = host_bits >= 128 ? ~uint128{0} : (uint128{1} << host_bits) - 1;
  return {IpAddress::from_number(own.number() & ~mask, own.zone()), static_cast<uint8_t>(length)};
}

unsigned mask_length(const in6_addr& mask) {
  unsigned length = 0;
  for (const uint8_t byte : mask.s6_addr) length += static_cast<unsigned>(std::popcount(byte));
  return length;
}

}  // namespace

Result<std::vector<ConnectedPrefix>> connected_prefixes() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0)
    return failure("interfaces-unreadable",
                   std::string("the addresses of this machine's interfaces cannot be read: ") + std::strerror(errno),
                   "allow netlink sockets (AF_NETLINK) to this process, and enough open files (ulimit -n)");
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, &::freeifaddrs);

  std::vector<ConnectedPrefix> found;
  for (const ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
    constexpr unsigned without_neighbours = IFF_LOOPBACK | IFF_POINTOPOINT | IFF_NOARP;
    if (i->ifa_addr == nullptr || i->ifa_netmask == nullptr || (i->ifa_flags & IFF_UP) == 0 ||
        (i->ifa_flags & without_neighbours) != 0)
      continue;
    ConnectedPrefix c;
    c.interface = i->ifa_name;
    c.ifindex = ::if_nametoindex(i->ifa_name);
    if (i->ifa_addr->sa_family == AF_INET) {
      const uint32_t mask = ntohl(read_as<sockaddr_in>(i->ifa_netmask).sin_addr.s_addr);
      c.own = IpAddress::v4(ntohl(read_as<sockaddr_in>(i->ifa_addr).sin_addr.s_addr));
      c.prefix = prefix_of(c.own, static_cast<unsigned>(std::popcount(mask)));
    } else if (i->ifa_addr->sa_family == AF_INET6) {
      const auto own = read_as<sockaddr_in6>(i->ifa_addr);
      std::array<uint8_t, 16> bytes;
      std::memcpy(bytes.data(), own.sin6_addr.s6_addr, bytes.size());
      c.own = IpAddress(bytes);
      if (c.own.is_link_local()) c.own = IpAddress(bytes, c.ifindex);
      c.prefix = prefix_of(c.own, mask_length(read_as<sockaddr_in6>(i->ifa_netmask).sin6_addr));
    } else {
      continue;
    }
    found.push_back(std::move(c));
  }
  return found;
}

}  // namespace sonde::core
