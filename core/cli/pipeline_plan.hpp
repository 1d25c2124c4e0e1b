// From arguments to a Plan: the same steps for validate, plan and run.
#pragma once
#include <memory>

#include "base/diagnostic.hpp"
#include "cli/command_line.hpp"
#include "plan/plan.hpp"
#include "plugins/registry.hpp"

namespace sonde::core::cli {

/// Scans the plugin directories of the command line and the system.
Registry load_plugins(const std::vector<std::string>& plugin_path);

/// What the plan is for, and so how much it asks: a check resolves no names; only a run needs all that sources know.
enum class PlanFor { checking, showing, running };

/// Null when `out` has errors.
std::unique_ptr<Plan> plan_from(const PipelineArguments&, const Registry&, PlanFor, Diagnostics& out);

}  // namespace sonde::core::cli
