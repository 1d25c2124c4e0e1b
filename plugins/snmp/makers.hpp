// Who an enterprise number belongs to, and which operating system an agent says it runs on. Both come from sysObjectID,
// which is what the agent's maker put there: a statement about the agent, never about a MAC address.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "oid.hpp"

namespace sonde::snmp {

/// The number behind 1.3.6.1.4.1, nothing for another branch.
std::optional<uint32_t> enterprise_of(const Oid& sys_object_id);
/// The registrant in IANA's Private Enterprise Numbers, shortened; empty for numbers that are not in the small table.
std::string_view maker_of(uint32_t enterprise);
/// Where the number itself is registered for one system: NET-SNMP-TC and Microsoft's. Else empty; nothing is guessed.
std::string_view system_of(const Oid& sys_object_id);

}  // namespace sonde::snmp
