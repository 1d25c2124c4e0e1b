// The hosts of a run as people want to see them, out of records in the shape of the JSON export.
#pragma once
#include <string>
#include <vector>

#include "base/value.hpp"

namespace sonde::core::cli {

/// One line a host; columns that no host fills are left out. Empty text without hosts.
std::string render_hosts(const std::vector<Value>& records, std::size_t width, bool colour);

}  // namespace sonde::core::cli
