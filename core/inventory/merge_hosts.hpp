// The hosts of runs that were made apart.
#pragma once
#include <vector>

#include "inventory/merge.hpp"

namespace sonde::core {

struct MergedHosts {
  HostStore hosts;                      ///< sorted
  std::vector<OutcomeCounts> outcomes;  ///< of those hosts, by stage
  uint64_t responding = 0;
};
/// Of runs of one plan with these fields, the one that counts most first; see merge_runs(). Failures: "merge-mismatch",
/// "journal-unreadable", "temporary-file".
Result<MergedHosts> merge_hosts(const std::vector<RunRemains>& runs, const FieldTable&, bool with_detail);

}  // namespace sonde::core
