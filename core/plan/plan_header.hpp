// A plan as the header of a journal tells it: what resuming and merging go by, and what tells two plans apart.
#pragma once
#include <string>
#include <vector>

#include "inventory/journal_header.hpp"
#include "plan/plan.hpp"

namespace sonde::core {

/// `unavailable`: by stage, why this machine does without it; or none at all. `started`: RFC 3339, UTC.
JournalHeader journal_header(const Plan&, const std::vector<std::string>& unavailable, const std::string& run_id,
                             const std::string& started);
bool is_adaptive(const StagePlan&);

/// What the stages of a file ask otherwise than those of runs did, in words; empty: nothing. Only of plugins that are
/// here, whatever their versions; targets are not looked at: they are those of the runs.
std::string changed_stages(const PipelineSpec&, const Registry&, const JournalHeader& runs);

}  // namespace sonde::core
