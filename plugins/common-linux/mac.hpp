// A 48-bit hardware address and its text form "AA:BB:CC:DD:EE:FF".
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::net {

using Mac = std::array<uint8_t, 6>;

inline constexpr Mac broadcast_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

inline bool is_zero(const Mac& m) {
  return m == Mac{};
}
inline bool is_group(const Mac& m) {
  return (m[0] & 1) != 0;
}  // multicast or broadcast
inline bool is_locally_administered(const Mac& m) {
  return (m[0] & 2) != 0;
}  // randomised, virtual, set by hand
inline uint64_t number(const Mac& m) {
  uint64_t n = 0;
  for (uint8_t octet : m) n = n << 8 | octet;
  return n;
}

std::string to_text(const Mac&);
std::optional<Mac> parse_mac(std::string_view text);  // pairs of hex digits, joined by ':' or '-'

}  // namespace sonde::net
