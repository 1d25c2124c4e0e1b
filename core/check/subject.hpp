// The plugin under check, made ready as a plan makes a stage ready: options checked and filled, fields bound.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "inventory/fields.hpp"
#include "plugins/registry.hpp"

namespace sonde::core::check {

/// --set: option (of nested ones with dots), text.
using Sets = std::vector<std::pair<std::string, std::string>>;

struct Subject {
  PluginEntry plugin;
  Value options;
  FieldTable fields;
  std::vector<FieldId> inputs, outputs;
  std::string path_base;            ///< where relative paths of options begin; empty: here
  std::vector<IpAddress> services;  ///< servers that the options name
  int64_t deadline = 0;             ///< ns that a task may take
  uint32_t window = 0;              ///< tasks that may be under way at once
  uint32_t rights = 0;              ///< SONDE_NEED_* with these options
  uint32_t most_in_a_call = 0;      ///< tasks of one start() or run(); 0: any number

  bool needs(uint32_t bit) const { return (rights & bit) != 0; }
};

/// Binds inputs and outputs; the Diagnostic says which field is impossible.
Result<void> bind_fields(Subject&);
/// Options out of --set and defaults; the deadline and services that follow from them.
Result<void> set_options(Subject&, const Sets&);
/// Options as they are, checked: for tests that make up their own.
Result<void> use_options(Subject&, const Value& options);

}  // namespace sonde::core::check
