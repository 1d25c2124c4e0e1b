// What snmp writes into a record.
#pragma once
#include <sonde/detail/fields.hpp>

#include <string_view>

namespace sonde::snmp {

inline constexpr Scalar<bool> alive{0, "alive", "anything came back from the address"};
inline constexpr Scalar<std::string_view> hostname{1, "hostname", "sysName"};
inline constexpr Scalar<Json> os{2, "os", "the system that sysObjectID is registered for"};
inline constexpr Map<Any> snmp{3, "snmp", "objects by name, tables as JSON, and what the agent is"};
inline constexpr Scalar<bool> known_alive{0, "alive", "whether an earlier stage heard of the host"};
inline constexpr auto inputs = fields(known_alive);
inline constexpr auto outputs = fields(alive, hostname, os, snmp);

}  // namespace sonde::snmp
