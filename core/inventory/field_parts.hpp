// Parts of fields: keys of maps and members of JSON objects. Most are data, so that any name may be right; what a
// well-known field usually holds tells which ones are probably slips.
#pragma once
#include <string>
#include <string_view>

#include "inventory/fields.hpp"

namespace sonde::core {

/// Why there is probably no such part of the field, as a hint: "did you mean 'snmp.sysName'?". Empty: there may be one.
std::string doubt_about_part(const Field&, std::string_view part);

}  // namespace sonde::core
