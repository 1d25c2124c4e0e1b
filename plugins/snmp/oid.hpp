// Object identifiers: numbers from the root of the tree to an object.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::snmp {

using Oid = std::vector<uint32_t>;  ///< compared number by number, as the protocol orders objects

/// What the protocol allows at most (RFC 2578, 3.5).
inline constexpr size_t longest_oid = 128;

/// "1.3.6.1.2.1.1.5.0", with or without a leading dot; nothing if it is no OID.
std::optional<Oid> parse_oid(std::string_view text);
std::string to_text(const Oid& oid);
/// Whether `oid` stands below `root`, or is it.
bool is_under(const Oid& oid, const Oid& root);

}  // namespace sonde::snmp
