// An address in the form of the ABI: 16 octets, v4 mapped into ::ffff:0:0/96.
#pragma once
#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace sonde::net {

using Ip = std::array<uint8_t, 16>;
using Ip4 = std::array<uint8_t, 4>;

inline constexpr Ip v4_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

inline bool is_v4(const Ip& a) {
  return std::memcmp(a.data(), v4_prefix.data(), 12) == 0;
}
inline Ip4 v4(const Ip& a) {
  return {a[12], a[13], a[14], a[15]};
}
inline Ip mapped(const uint8_t* octets) {
  Ip a = v4_prefix;
  std::memcpy(a.data() + 12, octets, 4);
  return a;
}
inline Ip mapped(const Ip4& octets) {
  return mapped(octets.data());
}
inline Ip ip6(const uint8_t* octets) {
  Ip a;
  std::memcpy(a.data(), octets, 16);
  return a;
}

// Dotted or RFC 5952, without a zone.
inline std::string to_text(const Ip& a) {
  char out[INET6_ADDRSTRLEN] = "";
  if (is_v4(a))
    ::inet_ntop(AF_INET, a.data() + 12, out, sizeof out);
  else
    ::inet_ntop(AF_INET6, a.data(), out, sizeof out);
  return out;
}

inline bool is_loopback(const Ip& a) {
  constexpr Ip one = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return a == one || (is_v4(a) && a[12] == 127);
}
inline bool is_link_local6(const Ip& a) {
  return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}

// Do the first `bits` agree? Of a v4 prefix the bits are those of the mapped form (96 more).
inline bool same_prefix(const Ip& a, const Ip& b, unsigned bits) {
  const unsigned whole = bits / 8, rest = bits % 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

struct IpHash {
  size_t operator()(const Ip& a) const {
    uint64_t high = 0, low = 0;
    std::memcpy(&high, a.data(), 8);
    std::memcpy(&low, a.data() + 8, 8);
    uint64_t h = (high ^ (low * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
    return static_cast<size_t>(h ^ (h >> 32));
  }
};

}  // namespace sonde::net
