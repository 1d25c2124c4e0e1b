// The journals of a directory: which of them can be resumed or merged, and which are old enough to go.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace sonde::core {

/// The newest unfinished journal of a directory (or of its "journal" folder), or an error. A file is taken as it is.
Result<std::string> newest_unfinished(const std::string& path);
/// The newest journal of a directory (or of its "journal" folder), complete or not; a file is taken as it is. Refused
/// while a run is writing it ("journal-in-use").
Result<std::string> newest_journal(const std::string& path);
/// Removes all but the newest `keep` journals. Files that are no journals, or in use by a run, are left alone.
void prune_journals(const std::string& directory, uint64_t keep);

}  // namespace sonde::core
