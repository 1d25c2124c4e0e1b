// ARP frames, octet by octet.
#include "arp-oui/arp.hpp"

#include <linux/if_ether.h>

#include <algorithm>
#include <cstring>

#include "common-linux/bytes.hpp"

namespace sonde::arp_oui {
namespace {

constexpr uint16_t hardware_ethernet = 1, request = 1, reply = 2;

}  // namespace

void build_arp_request(std::span<uint8_t> frame, const net::Mac& own_mac, const net::Ip4& own, const net::Ip4& target) {
  std::fill(frame.begin(), frame.end(), uint8_t{0});
  std::memcpy(&frame[0], net::broadcast_mac.data(), 6);
  std::memcpy(&frame[6], own_mac.data(), 6);
  net::store16(&frame[12], ETH_P_ARP);
  net::store16(&frame[14], hardware_ethernet);
  net::store16(&frame[16], ETH_P_IP);
  frame[18] = 6;
  frame[19] = 4;
  net::store16(&frame[20], request);
  std::memcpy(&frame[22], own_mac.data(), 6);
  std::memcpy(&frame[28], own.data(), 4);
  std::memcpy(&frame[38], target.data(), 4);
}

std::optional<ArpReply> parse_arp_reply(std::span<const uint8_t> frame) {
  if (frame.size() < 42 || net::load16(&frame[12]) != ETH_P_ARP || net::load16(&frame[14]) != hardware_ethernet ||
      net::load16(&frame[16]) != ETH_P_IP || frame[18] != 6 || frame[19] != 4 || net::load16(&frame[20]) != reply)
    return std::nullopt;
  ArpReply r;
  std::memcpy(r.frame_source.data(), &frame[6], 6);
  std::memcpy(r.mac.data(), &frame[22], 6);
  std::memcpy(r.sender.data(), &frame[28], 4);
  std::memcpy(r.asked_by.data(), &frame[38], 4);
  return r;
}

std::vector<sock_filter> arp_reply_filter() {
  return {
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 20},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, reply},
      {BPF_RET | BPF_K, 0, 0, 0xffffffff},
      {BPF_RET | BPF_K, 0, 0, 0},
  };
}

}  // namespace sonde::arp_oui
