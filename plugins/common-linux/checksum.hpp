// The Internet checksum (RFC 1071), in pieces: sums of several ranges may be added, all but the last of even length.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "common-linux/ip.hpp"

namespace sonde::net {

inline uint32_t checksum_add(std::span<const uint8_t> bytes, uint32_t sum = 0) {
  uint64_t wide = sum;
  size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) wide += static_cast<uint32_t>(bytes[i]) << 8 | bytes[i + 1];
  if (i < bytes.size()) wide += static_cast<uint32_t>(bytes[i]) << 8;
  while (wide >> 32) wide = (wide & 0xffffffff) + (wide >> 32);
  return static_cast<uint32_t>(wide);
}

inline uint16_t checksum_finish(uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum & 0xffff);
}

inline uint16_t checksum(std::span<const uint8_t> bytes) {
  return checksum_finish(checksum_add(bytes));
}

// What TCP over IPv4 covers besides itself (RFC 9293, 3.1).
inline uint32_t pseudo_header4(const Ip& from, const Ip& to, uint16_t length, uint8_t protocol) {
  const uint32_t sum = checksum_add(std::span(to).last(4), checksum_add(std::span(from).last(4)));
  return checksum_add(
      std::array<uint8_t, 4>{0, protocol, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)}, sum);
}

// What ICMPv6 and TCP over IPv6 cover besides themselves (RFC 8200, 8.1).
inline uint32_t pseudo_header6(const Ip& from, const Ip& to, uint32_t length, uint8_t next_header) {
  uint32_t sum = checksum_add(to, checksum_add(from));
  return checksum_add(
      std::array<uint8_t, 8>{static_cast<uint8_t>(length >> 24), static_cast<uint8_t>(length >> 16),
                             static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length), 0, 0, 0, next_header},
      sum);
}

}  // namespace sonde::net
