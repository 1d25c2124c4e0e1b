// Neighbour Discovery on Ethernet (RFC 4861): the solicitation that asks for an IPv6 address, and the advertisement.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common-linux/ip.hpp"
#include "common-linux/mac.hpp"

namespace sonde::arp_oui {

inline constexpr size_t solicitation_size = 14 + 40 + 32;
// Sent to the target's solicited-node group, so that only a few hosts of a link are disturbed.
void build_solicitation(std::span<uint8_t> frame, const net::Mac& own_mac, const net::Ip& own, const net::Ip& target);
net::Mac solicited_node_mac(const net::Ip& target);

struct Advertisement {
  net::Ip target{};             // whose address it is
  std::optional<net::Mac> mac;  // from its option; without one the frame's source is all there is
  net::Mac frame_source{};
  bool solicited = false;  // answers a question, not sent to everybody
};
// From an Ethernet header on; nothing unless it passes the checks of RFC 4861, 7.1.2.
std::optional<Advertisement> parse_advertisement(std::span<const uint8_t> frame);

std::vector<sock_filter> advertisement_filter();

}  // namespace sonde::arp_oui
