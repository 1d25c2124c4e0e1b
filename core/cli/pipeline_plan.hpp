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

/// The same for commands that only look: each library is loaded in a child first, and one that crashes or hangs is
/// refused. A run trusts plugins with more than loading.
Registry look_at_plugins(const std::vector<std::string>& plugin_path);

/// What the plan is for, and so how much it asks: a check resolves no names; only a run needs all that sources know.
enum class PlanFor { checking, showing, running };

/// Null when `out` has errors; the plan alone, whatever the plugins say to it. Beside errors, those plugins were asked
/// whose own options had none, so that all mistakes are told at once.
std::unique_ptr<Plan> plan_from(const PipelineArguments&, const Registry&, PlanFor, Diagnostics& out);

/// What `validate` and `plan` say: the same, and each plugin was asked by its create() whether it takes its options.
/// The estimate is without the stages that this machine does not let start.
std::unique_ptr<Plan> tried_plan_from(const PipelineArguments&, const Registry&, PlanFor, Diagnostics& out);

/// Warns of a plan whose findings would be in no file for people.
void warn_of_no_outputs(const Plan&, Diagnostics&);

}  // namespace sonde::core::cli
