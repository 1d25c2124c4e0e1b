// A run as others read it: the header of its journal, which merging and resuming go by, and the run document.
#pragma once
#include <string>

#include "engine/coordinator.hpp"
#include "engine/run_shared.hpp"
#include "inventory/journal_header.hpp"
#include "inventory/run_document.hpp"

namespace sonde::core {

/// `started`: RFC 3339, UTC.
JournalHeader journal_header(const RunShared&, const std::string& run_id, const std::string& started);

/// After the shards have finished. `started`, of the first part of a resumed run, and `ended`: RFC 3339, UTC.
RunDocument run_document(const RunShared&, const Coordinator&, const std::string& run_id, const std::string& started,
                         const std::string& ended);

}  // namespace sonde::core
