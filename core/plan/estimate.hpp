// How many packets a plan will send and how long that takes, from the costs that the plugins' schemas declare
// (plugins/cost.hpp).
#pragma once
#include "plan/plan.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

/// Over all targets of the plan's slice. On-link targets that a stage writing "link" asks in vain cost later stages
/// nothing; that stage asks on-link targets alone.
Estimate estimate(const Plan&);

}  // namespace sonde::core
