// sonde plan FILE: what a run would do.
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/outlook.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/plan_report.hpp"

namespace sonde::core::cli {

int execute(const PlanArguments& arguments) {
  const Registry registry = load_plugins(arguments.pipeline.plugin_path);
  Diagnostics out;
  const auto plan = tried_plan_from(arguments.pipeline, registry, PlanFor::showing, out);
  print_error(out.render_sorted(colour_on_stderr()));
  if (plan == nullptr) return static_cast<int>(out.exit_code());
  print(arguments.json ? to_json(plan_value(*plan), 2) + "\n" : report(*plan));
  if (const Outlook ahead = outlook(*plan, plan->estimate); ahead.warning)
    print_error(render(*ahead.warning, colour_on_stderr()));
  return 0;
}

}  // namespace sonde::core::cli
