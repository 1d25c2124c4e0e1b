// The options of the plugin, typed and checked. What they mean stands in options_schema.hpp.
#pragma once
#include <cstdint>
#include <sonde/plugin.hpp>
#include <string>
#include <vector>

#include "credential.hpp"
#include "tables.hpp"
#include "value.hpp"

namespace sonde::snmp {

/// An object to read, and the key it gets in `snmp`.
struct Wanted {
  std::string key;
  Oid oid;
  Meaning meaning = Meaning::unknown;
};

struct Options {
  std::vector<Credential> credentials;  ///< in the order in which they are tried
  bool discover = true;
  uint16_t port = 161;
  int64_t timeout = 0;  ///< ns
  uint32_t tries = 1;
  std::vector<Wanted> wanted;  ///< the system group first
  std::vector<const Table*> tables;
  uint32_t repetitions = 10;
  WalkLimits limits;

  /// sonde::Failure(CONFIG) for what the schema cannot say.
  static Options from(const Context& host);
};

}  // namespace sonde::snmp
