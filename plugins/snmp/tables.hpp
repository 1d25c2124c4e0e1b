// The tables that the option `tables` names: which columns are walked for each, and the JSON made of them.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walk.hpp"

namespace sonde::snmp {

struct Table {
  std::string_view name;                   ///< as in the option, and the key in `snmp`
  std::span<const std::string_view> oids;  ///< the columns that are walked, in the order that `json` expects
  std::string (*json)(const std::vector<Walk::Cells>& cells);
};

/// Null for a name that is none.
const Table* find_table(std::string_view name);
std::vector<Oid> columns_of(const Table& table);

/// Serial number and model of the device itself, from the walked `entity`: those of its first chassis that has them.
struct Chassis {
  std::string maker, model, serial;
};
Chassis chassis_of(const std::vector<Walk::Cells>& entity);

}  // namespace sonde::snmp
