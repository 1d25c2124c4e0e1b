// Objects that have a well-known name, so that options need no numbers and records show none.
#pragma once
#include <span>
#include <string_view>

#include "value.hpp"

namespace sonde::snmp {

struct NamedObject {
  std::string_view name, oid;  ///< of the instance: ".0" included
  Meaning meaning = Meaning::unknown;
};

/// What each agent is asked for: the system group.
std::span<const NamedObject> system_objects();
/// Those and all others, system group first.
std::span<const NamedObject> named_objects();
const NamedObject* find_name(std::string_view name);

}  // namespace sonde::snmp
