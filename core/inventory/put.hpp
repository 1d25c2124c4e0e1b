// What a plugin states about a target, on its way in: checked against the field, cleaned, copied.
#pragma once
#include <sonde/plugin.h>

#include <string_view>
#include <vector>

#include "inventory/record.hpp"

namespace sonde::core {

/// A plugin's value for a field of that type, or SONDE_E_TYPE. TEXT becomes valid UTF-8; JSON must parse.
sonde_err to_scalar(const sonde_value&, uint32_t field_type, Scalar* out);

/// put(): checks shape and key, cleans, and stores into the facts of the running task (facts[first..]). A scalar or a
/// key that this task has put already is replaced, a list grows.
sonde_err store_fact(const Field&, FieldId, uint8_t stage, std::string_view key, const sonde_value&,
                     std::vector<Fact>& facts, std::size_t first);

}  // namespace sonde::core
