// Neighbour Discovery messages, octet by octet.
#include "arp-oui/ndp.hpp"

#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::arp_oui {
namespace {

constexpr size_t ip_at = 14, icmp_at = ip_at + 40, options_at = icmp_at + 24;
constexpr uint8_t unforwarded = 255;  // a router would have lowered it: proves that the sender is on the link

net::Ip solicited_node(const net::Ip& target) {
  net::Ip group = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0};
  std::copy(target.begin() + 13, target.end(), group.begin() + 13);
  return group;
}

// The target's hardware address among the options; false when they are broken.
bool read_options(std::span<const uint8_t> options, std::optional<net::Mac>& mac) {
  while (!options.empty()) {
    if (options.size() < 2 || options[1] == 0 || options.size() < options[1] * size_t{8}) return false;
    if (options[0] == ND_OPT_TARGET_LINKADDR && options[1] == 1) {
      net::Mac found{};
      std::memcpy(found.data(), &options[2], 6);
      mac = found;
    }
    options = options.subspan(options[1] * size_t{8});
  }
  return true;
}

}  // namespace

net::Mac solicited_node_mac(const net::Ip& target) {
  return {0x33, 0x33, 0xff, target[13], target[14], target[15]};
}

void build_solicitation(std::span<uint8_t> frame, const net::Mac& own_mac, const net::Ip& own, const net::Ip& target) {
  std::fill(frame.begin(), frame.end(), uint8_t{0});
  const net::Mac to_mac = solicited_node_mac(target);
  const net::Ip group = solicited_node(target);
  std::memcpy(&frame[0], to_mac.data(), 6);
  std::memcpy(&frame[6], own_mac.data(), 6);
  net::store16(&frame[12], ETH_P_IPV6);
  frame[ip_at] = 0x60;
  net::store16(&frame[ip_at + 4], 32);
  frame[ip_at + 6] = IPPROTO_ICMPV6;
  frame[ip_at + 7] = unforwarded;
  std::memcpy(&frame[ip_at + 8], own.data(), 16);
  std::memcpy(&frame[ip_at + 24], group.data(), 16);
  const auto icmp = frame.subspan(icmp_at, 32);
  icmp[0] = ND_NEIGHBOR_SOLICIT;
  std::memcpy(&icmp[8], target.data(), 16);
  icmp[24] = ND_OPT_SOURCE_LINKADDR;
  icmp[25] = 1;
  std::memcpy(&icmp[26], own_mac.data(), 6);
  net::store16(&icmp[2],
               net::checksum_finish(net::checksum_add(icmp, net::pseudo_header6(own, group, 32, IPPROTO_ICMPV6))));
}

std::optional<Advertisement> parse_advertisement(std::span<const uint8_t> frame) {
  if (frame.size() < options_at || net::load16(&frame[12]) != ETH_P_IPV6 || frame[ip_at] >> 4 != 6 ||
      frame[ip_at + 6] != IPPROTO_ICMPV6 || frame[ip_at + 7] != unforwarded)
    return std::nullopt;
  const size_t length = net::load16(&frame[ip_at + 4]);
  if (length < 24 || frame.size() < icmp_at + length) return std::nullopt;
  const auto icmp = frame.subspan(icmp_at, length);
  if (icmp[0] != ND_NEIGHBOR_ADVERT || icmp[1] != 0) return std::nullopt;
  const net::Ip from = net::ip6(&frame[ip_at + 8]), to = net::ip6(&frame[ip_at + 24]);
  const uint32_t pseudo = net::pseudo_header6(from, to, static_cast<uint32_t>(length), IPPROTO_ICMPV6);
  if (net::checksum_finish(net::checksum_add(icmp, pseudo)) != 0) return std::nullopt;
  Advertisement a;
  a.solicited = (icmp[4] & 0x40) != 0;
  a.target = net::ip6(&icmp[8]);
  std::memcpy(a.frame_source.data(), &frame[6], 6);
  if (a.target[0] == 0xff || !read_options(icmp.subspan(24), a.mac)) return std::nullopt;
  return a;
}

std::vector<sock_filter> advertisement_filter() {
  return {
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, ip_at + 6}, {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, IPPROTO_ICMPV6},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, icmp_at},   {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ND_NEIGHBOR_ADVERT},
      {BPF_RET | BPF_K, 0, 0, 0xffffffff},         {BPF_RET | BPF_K, 0, 0, 0},
  };
}

}  // namespace sonde::arp_oui
