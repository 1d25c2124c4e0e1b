// sonde validate FILE...: everything that is wrong with pipeline files.
#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/pipeline_plan.hpp"

namespace sonde::core::cli {

int execute(const ValidateArguments& arguments) {
  const Registry registry = load_plugins(arguments.pipeline.plugin_path);
  Diagnostics all;  // for the exit code: the gravest of all files
  for (const std::string& file : arguments.files) {
    PipelineArguments one = arguments.pipeline;
    one.file = file;
    Diagnostics out;
    const auto plan = plan_from(one, registry, PlanFor::checking, out);
    print_error(out.render_sorted(colour_on_stderr()));
    if (plan != nullptr) {
      std::size_t enabled = 0;
      for (const StagePlan& stage : plan->stages) enabled += stage.enabled ? 1 : 0;
      print(fmt::format("{}: valid: {} stage{}, {} output{}\n", printable(file), enabled, enabled == 1 ? "" : "s",
                        plan->outputs.size(), plan->outputs.size() == 1 ? "" : "s"));
    } else {
      print_error(
          fmt::format("{}: {} error{}\n", printable(file), out.error_count(), out.error_count() == 1 ? "" : "s"));
    }
    for (const Diagnostic& d : out.items()) all.add(d);
  }
  return static_cast<int>(all.exit_code());
}

}  // namespace sonde::core::cli
