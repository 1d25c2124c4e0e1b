// The little of DNS that rdns needs: names for reverse questions, and reading replies, whose every byte may be hostile.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::rdns {

using Address = std::array<uint8_t, 16>;  ///< v4 as ::ffff:a.b.c.d

inline constexpr uint16_t type_a = 1, type_cname = 5, type_ptr = 12, type_aaaa = 28;

bool is_v4(const Address& address);
/// "10.1.168.192.in-addr.arpa", or by nibbles under ip6.arpa.
std::string reverse_name(const Address& address);

/// A domain name at `offset` as text without the final dot; bytes that are not printable ASCII, and dots and
/// backslashes inside a label, escaped as in a zone file (\. \\ \032). The root is "". Sets `end` behind the name.
/// Nothing if it is malformed: cut short, over 255 octets, a pointer that does not point backwards.
std::optional<std::string> read_name(std::span<const uint8_t> message, size_t offset, size_t& end);

/// What an answer section says of `question`, CNAMEs (RFC 2317) followed. Nothing: the reply is malformed.
/// Names: distinct, sorted without regard to case, since servers rotate them; at most 64.
std::optional<std::vector<std::string>> ptr_names(std::span<const uint8_t> message, std::string_view question);
/// Of type A or AAAA.
std::optional<std::vector<Address>> addresses(std::span<const uint8_t> message, std::string_view question,
                                              uint16_t type);

/// Letters, digits, '-', '_' and dots: a name that may be asked for in turn.
bool is_plain_name(std::string_view name);

}  // namespace sonde::rdns
