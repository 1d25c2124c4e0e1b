// ${VAR}, ${VAR:-default}, ${VAR:?why}, ${file:PATH} and $$ in the scalar values of a parsed file. What comes in is a
// value and nothing else: it is never read as YAML, so a variable cannot add keys.
#pragma once
#include <map>
#include <string>

#include "base/value.hpp"

namespace sonde::core {

struct InterpolationContext {
  const std::map<std::string, std::string>& environment;
  std::string directory;     ///< relative paths of ${file:} start here
  std::string_view source;   ///< the text of the file, for the places of messages; may be empty
  bool allow_unset = false;  ///< a scalar with an unset variable becomes empty instead of an error
};

/// Replaces in every text of the tree, keys left alone. A replaced scalar is `untyped`; its origin is the environment
/// when a variable or a file was read.
void interpolate(Value& tree, const InterpolationContext&, Diagnostics& out);

}  // namespace sonde::core
