// The x-sonde formats: from what is written to what a plugin receives.
#pragma once
#include "config/schema.hpp"

namespace sonde::core {

/// A scalar or, for ports, a list in the format of `schema`, in base units; the Diagnostic's text is the whole reason,
/// to stand behind the name of the option. `path_base` as in CheckContext.
Result<Value> convert_format(const Value& value, const Schema& schema, const std::string& path_base);

}  // namespace sonde::core
