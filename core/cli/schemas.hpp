// JSON Schemas of what sonde writes, made from the tables that the writing uses.
#pragma once
#include "base/value.hpp"
#include "inventory/fields.hpp"

namespace sonde::core::cli {

/// One exported record with the fields of the table.
Value record_schema(const FieldTable&);
/// run.json.
Value run_schema();

}  // namespace sonde::core::cli
