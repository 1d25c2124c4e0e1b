// ARP on Ethernet (RFC 826): the request that asks for an IPv4 address, and the reply.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common-linux/ip.hpp"
#include "common-linux/mac.hpp"

namespace sonde::arp_oui {

// Padded to the least Ethernet frame: some drivers send what lies behind a shorter one.
inline constexpr size_t arp_frame_size = 60;
void build_arp_request(std::span<uint8_t> frame, const net::Mac& own_mac, const net::Ip4& own, const net::Ip4& target);

struct ArpReply {
  net::Ip4 sender{};        // whose address it is
  net::Mac mac{};           // what it says the hardware address is
  net::Mac frame_source{};  // which card sent it: another one is a repeater, a proxy, or a lie
  net::Ip4 asked_by{};      // for whom it is meant
};
// From an Ethernet header on; nothing unless it is a reply of IPv4 on Ethernet.
std::optional<ArpReply> parse_arp_reply(std::span<const uint8_t> frame);

// Lets only replies through.
std::vector<sock_filter> arp_reply_filter();

}  // namespace sonde::arp_oui
