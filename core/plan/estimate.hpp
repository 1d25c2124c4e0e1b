// How many packets a plan will send and how long that takes, from the costs that the plugins' schemas declare
// (plugins/cost.hpp).
#pragma once
#include "plan/plan.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

/// Over all targets of the plan's slice. On-link targets that a stage writing "link" asks in vain cost later stages
/// nothing; that stage asks on-link targets alone. `unavailable`: by stage, why it cannot start here, or empty.
/// Optional ones are skipped then; what takes over from one costs what it then does. Others keep a run from starting,
/// and are counted as where it does.
Estimate estimate(const Plan&, const std::vector<std::string>& unavailable = {});

}  // namespace sonde::core
