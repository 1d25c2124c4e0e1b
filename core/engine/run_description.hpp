// A run as others read it: the run document.
#pragma once
#include <string>

#include "engine/coordinator.hpp"
#include "engine/run_shared.hpp"
#include "inventory/run_document.hpp"

namespace sonde::core {

/// After the shards have finished. `started`, of the first part of a resumed run, and `ended`: RFC 3339, UTC.
RunDocument run_document(const RunShared&, const Coordinator&, const std::string& run_id, const std::string& started,
                         const std::string& ended);

}  // namespace sonde::core
