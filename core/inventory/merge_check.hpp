// Whether runs are parts of one plan, and if not, what differs.
#pragma once
#include <string>
#include <vector>

#include "inventory/merge.hpp"

namespace sonde::core {

/// Its journal and its id, for messages.
std::string name_of(const RunRemains&);
/// Plan, fields and stages of all must be the same. Failures: "merge-mismatch", "journal-unreadable".
Result<void> check_one_plan(const std::vector<RunRemains>&);
/// The fields of a run, own ones included; a failure when this sonde knows others.
Result<FieldTable> field_table(const RunRemains&);

}  // namespace sonde::core
