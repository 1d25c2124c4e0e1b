// Plain scalars by the core schema of YAML 1.2: what `12`, `true`, `0x1f` and `abc` are when nothing else is said.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/value.hpp"

namespace sonde::core {

/// null, true/false, decimal, 0o and 0x integers, floats; everything else is text. yes, no, on and off are text.
Value type_plain_scalar(std::string_view text);

/// A whole number from 0, whichever way it is held.
std::optional<uint64_t> natural(const Value&);

}  // namespace sonde::core
