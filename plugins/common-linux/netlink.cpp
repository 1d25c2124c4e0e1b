// The rtnetlink messages that describe links, addresses, routes and neighbours.
#include "common-linux/netlink.hpp"

#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace sonde::net {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t align4(size_t n) {
  return (n + 3) & ~size_t{3};
}

template <class T>
bool read(Bytes bytes, T& out) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&out, bytes.data(), sizeof(T));
  return true;
}

// The attributes of a message by type; those above the table's end are not of interest here.
struct Attributes {
  static constexpr size_t most = RTA_VIA + 1;  // the largest type that is looked at below
  std::array<Bytes, most> by_type{};
  bool parse(Bytes bytes) {
    while (bytes.size() >= sizeof(rtattr)) {
      rtattr head{};
      std::memcpy(&head, bytes.data(), sizeof head);
      if (head.rta_len < sizeof head || head.rta_len > bytes.size()) return false;
      const unsigned type = head.rta_type & 0x3fffu;  // without the nested and byte-order bits
      if (type < most) by_type[type] = bytes.subspan(sizeof head, head.rta_len - sizeof head);
      bytes = bytes.subspan(std::min(align4(head.rta_len), bytes.size()));
    }
    return true;
  }
  bool has(unsigned type) const { return by_type[type].data() != nullptr; }
  bool number(unsigned type, uint32_t& out) const { return read(by_type[type], out); }
  bool address(unsigned type, uint8_t family, Ip& out) const {
    const Bytes b = by_type[type];
    if (family == AF_INET && b.size() == 4) return out = mapped(b.data()), true;
    if (family == AF_INET6 && b.size() == 16) return out = ip6(b.data()), true;
    return false;
  }
  bool mac(unsigned type, Mac& out) const {
    if (by_type[type].size() != out.size()) return false;
    std::memcpy(out.data(), by_type[type].data(), out.size());
    return true;
  }
};

// The fixed part of a message, then its attributes.
template <class Fixed>
bool open(Bytes body, Fixed& fixed, Attributes& attributes) {
  return read(body, fixed) && attributes.parse(body.subspan(std::min(align4(sizeof fixed), body.size())));
}

bool parse_link(Bytes body, Network& into) {
  ifinfomsg fixed{};
  Attributes attributes;
  if (!open(body, fixed, attributes)) return false;
  Link link;
  link.index = static_cast<uint32_t>(fixed.ifi_index);
  attributes.number(IFLA_MTU, link.mtu);
  if (const Bytes name = attributes.by_type[IFLA_IFNAME]; !name.empty())
    link.name.assign(reinterpret_cast<const char*>(name.data()),
                     ::strnlen(reinterpret_cast<const char*>(name.data()), name.size()));
  Mac mac{};
  if (attributes.mac(IFLA_ADDRESS, mac) && !is_zero(mac)) link.mac = mac;
  link.up = (fixed.ifi_flags & IFF_UP) != 0;
  link.loopback = (fixed.ifi_flags & IFF_LOOPBACK) != 0;
  link.ethernet = fixed.ifi_type == ARPHRD_ETHER && (fixed.ifi_flags & (IFF_NOARP | IFF_LOOPBACK)) == 0;
  into.links.push_back(std::move(link));
  return true;
}

bool parse_address(Bytes body, Network& into) {
  ifaddrmsg fixed{};
  Attributes attributes;
  if (!open(body, fixed, attributes)) return false;
  Address address;
  // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL this machine.
  if (!attributes.address(IFA_LOCAL, fixed.ifa_family, address.ip) &&
      !attributes.address(IFA_ADDRESS, fixed.ifa_family, address.ip))
    return true;
  const unsigned most = fixed.ifa_family == AF_INET ? 32 : 128;
  if (fixed.ifa_prefixlen > most) return false;
  address.link = fixed.ifa_index;
  address.prefix = static_cast<uint8_t>(fixed.ifa_prefixlen + (128 - most));
  uint32_t flags = fixed.ifa_flags;
  attributes.number(IFA_FLAGS, flags);
  // An optimistic address is tentative and may be used all the same (RFC 4429).
  address.usable =
      (flags & IFA_F_DADFAILED) == 0 && ((flags & IFA_F_TENTATIVE) == 0 || (flags & IFA_F_OPTIMISTIC) != 0);
  address.deprecated = (flags & IFA_F_DEPRECATED) != 0;
  into.addresses.push_back(address);
  return true;
}

bool parse_route(Bytes body, Network& into) {
  rtmsg fixed{};
  Attributes attributes;
  if (!open(body, fixed, attributes)) return false;
  if (fixed.rtm_family != AF_INET && fixed.rtm_family != AF_INET6) return true;
  uint32_t table = fixed.rtm_table;
  attributes.number(RTA_TABLE, table);
  if (table != RT_TABLE_MAIN || (fixed.rtm_flags & RTM_F_CLONED) != 0) return true;
  const unsigned most = fixed.rtm_family == AF_INET ? 32 : 128;
  if (fixed.rtm_dst_len > most) return false;
  Route route;
  route.network = fixed.rtm_family == AF_INET ? v4_prefix : Ip{};
  attributes.address(RTA_DST, fixed.rtm_family, route.network);
  route.prefix = static_cast<uint8_t>(fixed.rtm_dst_len + (128 - most));
  attributes.number(RTA_PRIORITY, route.metric);
  attributes.number(RTA_OIF, route.link);
  // Blackholes and the like stay in the table, so that they hide what is shorter, but lead nowhere.
  route.direct = fixed.rtm_type == RTN_UNICAST && !attributes.has(RTA_GATEWAY) && !attributes.has(RTA_VIA) &&
                 !attributes.has(RTA_MULTIPATH) && route.link != 0;
  Ip source{};
  if (attributes.address(RTA_PREFSRC, fixed.rtm_family, source)) route.source = source;
  into.routes.push_back(route);
  return true;
}

bool parse_neighbour(Bytes body, Network& into) {
  ndmsg fixed{};
  Attributes attributes;
  if (!open(body, fixed, attributes)) return false;
  // INCOMPLETE and FAILED say that nobody has answered; NOARP entries are made up (multicast, loopback).
  constexpr uint16_t known = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;
  if ((fixed.ndm_state & known) == 0 || (fixed.ndm_flags & NTF_PROXY) != 0) return true;
  Neighbour neighbour;
  if (!attributes.address(NDA_DST, fixed.ndm_family, neighbour.ip)) return true;
  if (!attributes.mac(NDA_LLADDR, neighbour.mac) || is_zero(neighbour.mac) || is_group(neighbour.mac)) return true;
  neighbour.link = static_cast<uint32_t>(fixed.ndm_ifindex);
  neighbour.permanent = (fixed.ndm_state & NUD_PERMANENT) != 0;
  into.neighbours.push_back(neighbour);
  return true;
}

bool parse_message(uint16_t type, Bytes body, Network& into) {
  switch (type) {
    case RTM_NEWLINK:
      return parse_link(body, into);
    case RTM_NEWADDR:
      return parse_address(body, into);
    case RTM_NEWROUTE:
      return parse_route(body, into);
    case RTM_NEWNEIGH:
      return parse_neighbour(body, into);
    default:
      return true;
  }
}

}  // namespace

DumpProgress parse_dump(Bytes bytes, uint32_t sequence, Network& into) {
  bool torn = false;
  while (!bytes.empty()) {
    nlmsghdr head{};
    if (!read(bytes, head) || head.nlmsg_len < sizeof head || head.nlmsg_len > bytes.size())
      return {DumpState::malformed};
    const Bytes body = bytes.subspan(sizeof head, head.nlmsg_len - sizeof head);
    bytes = bytes.subspan(std::min(align4(head.nlmsg_len), bytes.size()));
    if (head.nlmsg_seq != sequence) continue;
    torn = torn || (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (head.nlmsg_type == NLMSG_DONE) return {DumpState::done, 0, torn};
    if (head.nlmsg_type == NLMSG_ERROR) {
      int32_t error = 0;
      if (!read(body, error)) return {DumpState::malformed};
      if (error == 0) continue;
      // The kernel sends -errno; anything else did not come from it.
      if (error > 0 || error < -4095) return {DumpState::malformed};
      return {DumpState::failed, -error};
    }
    if (!parse_message(head.nlmsg_type, body, into)) return {DumpState::malformed};
  }
  return {DumpState::more, 0, torn};
}

std::vector<uint8_t> dump_request(uint16_t type, uint32_t sequence) {
  struct {
    nlmsghdr head;
    rtgenmsg body;  // family 0: all
  } request{};
  request.head.nlmsg_len = NLMSG_LENGTH(sizeof request.body);
  request.head.nlmsg_type = type;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.head.nlmsg_seq = sequence;
  const auto* from = reinterpret_cast<const uint8_t*>(&request);
  return {from, from + request.head.nlmsg_len};
}

}  // namespace sonde::net
