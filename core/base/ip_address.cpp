// Text to address and back, and prefixes.
#include "base/ip_address.hpp"

#include <arpa/inet.h>
#include <endian.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace sonde::core {
namespace {

constexpr std::size_t mapped_bytes = 12;
constexpr uint128 mapped_prefix = uint128{0xffff} << 32;

std::optional<uint32_t> parse_zone(const std::string& text) {
  if (text.empty() || text.size() > 32) return std::nullopt;
  if (const unsigned index = ::if_nametoindex(text.c_str()); index != 0) return index;
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index == 0 || index > 0x7fffffff) return std::nullopt;
  return index;
}

void append_v6(std::string& out, const std::array<uint8_t, 16>& bytes) {
  std::array<uint16_t, 8> words{};
  for (std::size_t i = 0; i < 8; ++i) words[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  // RFC 5952: the longest run of at least two zero words, the first of equals, becomes "::".
  std::size_t best = 8, best_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && words[end] == 0) ++end;
    if (end - i > best_length) {
      best = i;
      best_length = end - i;
    }
    i = std::max(end, i + 1);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (i != 0 && out.back() != ':') out += ':';
    std::array<char, 4> hex;
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), words[i], 16).ptr;
    out.append(hex.data(), end);
  }
}

uint128 host_mask(uint8_t bits) {
  return bits >= 128 ? ~uint128{0} : (uint128{1} << bits) - 1;
}

uint8_t host_bits(const Cidr& c) {
  return static_cast<uint8_t>((c.network.is_v4() ? 32 : 128) - c.length);
}

uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

IpAddress IpAddress::v4(uint32_t host_order) {
  return from_number(mapped_prefix | host_order);
}

IpAddress IpAddress::from_number(uint128 value, uint32_t zone) {
  const uint64_t halves[2] = {htobe64(static_cast<uint64_t>(value >> 64)), htobe64(static_cast<uint64_t>(value))};
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), halves, sizeof halves);
  return IpAddress(bytes, zone);
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const auto refuse = [&](const char* why) {
    return failure("bad-address", "'" + std::string(text.substr(0, 100)) + "' is not an IP address" + why);
  };
  if (text.size() > 100 || text.find('\0') != std::string_view::npos) return refuse("");
  const auto percent = text.find('%');
  const std::string plain(text.substr(0, percent));
  std::array<uint8_t, 16> bytes{};
  if (plain.find(':') == std::string::npos) {
    in_addr v4_bytes{};
    if (percent != std::string_view::npos || ::inet_pton(AF_INET, plain.c_str(), &v4_bytes) != 1)
      return refuse(" (expected four decimal numbers from 0 to 255, or IPv6)");
    return v4(ntohl(v4_bytes.s_addr));
  }
  if (::inet_pton(AF_INET6, plain.c_str(), bytes.data()) != 1) return refuse("");
  const IpAddress address(bytes);
  if (percent == std::string_view::npos) return address;
  if (!address.is_link_local()) return refuse(": only link-local addresses (fe80::/10) have a zone");
  const auto zone = parse_zone(std::string(text.substr(percent + 1)));
  if (!zone) return refuse(": this machine has no such interface");
  return IpAddress(bytes, *zone);
}

bool IpAddress::is_link_local() const {
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

std::string IpAddress::to_string() const {
  std::string out;
  if (is_v4()) {
    for (std::size_t i = mapped_bytes; i < 16; ++i) {
      if (i != mapped_bytes) out += '.';
      out += std::to_string(bytes_[i]);
    }
    return out;
  }
  append_v6(out, bytes_);
  if (zone_ != 0) {
    std::array<char, IF_NAMESIZE> name{};
    out += '%';
    out += ::if_indextoname(zone_, name.data()) != nullptr ? std::string(name.data()) : std::to_string(zone_);
  }
  return out;
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::string shown(text.substr(0, 100));
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return failure("bad-cidr", "'" + shown + "' is not a network: " + address.error().text);
  unsigned widest = address->is_v4() ? 32 : 128;
  unsigned length = widest;
  if (slash != std::string_view::npos) {
    // "::ffff:10.0.0.0/104" is 10.0.0.0/8 written as IPv6.
    const unsigned mapped = address->is_v4() && text.find(':') != std::string_view::npos ? 96 : 0;
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const bool number = error == std::errc{} && end == digits.data() + digits.size() && !digits.empty();
    const bool leading_zero = digits.size() > 1 && digits[0] == '0';
    if (!number || leading_zero || length < mapped || length > widest + mapped)
      return failure("bad-cidr", "'" + shown + "' has no valid prefix length",
                     "expected " + std::to_string(mapped) + " to " + std::to_string(widest + mapped));
    length -= mapped;
  }
  Cidr cidr{*address, static_cast<uint8_t>(length)};
  const uint128 below = host_mask(host_bits(cidr));
  if ((address->number() & below) != 0) {
    cidr.network = IpAddress::from_number(address->number() & ~below, address->zone());
    return failure("bad-cidr", "'" + shown + "' has bits set behind its prefix",
                   "the network is " + cidr.to_string() + "; the lone address " + address->to_string());
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& a) const {
  if (a.is_v4() != network.is_v4()) return false;
  if (network.zone() != 0 && network.zone() != a.zone()) return false;
  return ((a.number() ^ network.number()) & ~host_mask(host_bits(*this))) == 0;
}

IpAddress Cidr::last() const {
  return IpAddress::from_number(network.number() | host_mask(host_bits(*this)), network.zone());
}

std::string Cidr::to_string() const {
  return network.to_string() + "/" + std::to_string(length);
}

}  // namespace sonde::core

std::size_t std::hash<sonde::core::IpAddress>::operator()(const sonde::core::IpAddress& a) const noexcept {
  const sonde::core::uint128 n = a.number();
  return sonde::core::mix(static_cast<uint64_t>(n >> 64) ^
                          sonde::core::mix(static_cast<uint64_t>(n) + 0x9e3779b97f4a7c15ULL * (a.zone() + 1ULL)));
}
