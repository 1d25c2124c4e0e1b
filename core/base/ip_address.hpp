// An IPv4 or IPv6 address, with the zone of a link-local one. IPv4 is held v4-mapped (RFC 4291, 2.5.5.2), so that one
// type, one order and one set serve both families.
#pragma once
#include <endian.h>

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sockaddr_storage;

namespace sonde::core {

using uint128 = unsigned __int128;

class IpAddress {
 public:
  constexpr IpAddress() = default;
  /// 16 bytes in network order; v4 as ::ffff:a.b.c.d. `zone` is an interface index, 0: none.
  constexpr explicit IpAddress(const std::array<uint8_t, 16>& bytes, uint32_t zone = 0) : bytes_(bytes), zone_(zone) {}
  static IpAddress v4(uint32_t host_order);
  static IpAddress from_number(uint128 value, uint32_t zone = 0);
  /// Dotted quad (four decimal parts, no leading zeros) or RFC 4291 text, optionally with `%zone` (an interface name
  /// of this machine or its index; only on fe80::/10). Mapped text (::ffff:1.2.3.4) gives the v4 address.
  static Result<IpAddress> parse(std::string_view text);

  bool is_v4() const { return half(0) == 0 && half(1) >> 32 == 0xffff; }
  bool is_link_local() const;  ///< fe80::/10
  uint32_t zone() const { return zone_; }
  uint32_t v4_number() const { return static_cast<uint32_t>(half(1)); }         ///< host order; only when is_v4()
  uint128 number() const { return uint128{half(0)} << 64 | uint128{half(1)}; }  ///< all 128 bits, v4 mapped
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  /// RFC 5952, v4 as dotted quad, zone as %name (%index when the interface is gone).
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;  // numeric order: v4 before most of v6
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  uint64_t half(std::size_t i) const {
    uint64_t bits;
    std::memcpy(&bits, bytes_.data() + i * sizeof bits, sizeof bits);
    return be64toh(bits);
  }

  std::array<uint8_t, 16> bytes_{};
  uint32_t zone_ = 0;
};

/// An address and a prefix length; the bits behind the prefix are zero. For v4 `length` is 0..32.
struct Cidr {
  IpAddress network{};
  uint8_t length = 0;
  /// "10.0.0.0/24", "2001:db8::/64", or a lone address (its full length). Host bits set: an error that names the
  /// network.
  static Result<Cidr> parse(std::string_view text);
  bool contains(const IpAddress&) const;
  IpAddress first() const { return network; }
  IpAddress last() const;
  std::string to_string() const;
  friend bool operator==(const Cidr&, const Cidr&) = default;
};

}  // namespace sonde::core

template <>
struct std::hash<sonde::core::IpAddress> {
  std::size_t operator()(const sonde::core::IpAddress& a) const noexcept;
};
