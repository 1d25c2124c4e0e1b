// sonde merge RUN...: what runs left behind, put together and written as one run would have.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/results.hpp"
#include "cli/run_id.hpp"
#include "cli/run_summary.hpp"
#include "plan/plan_header.hpp"

namespace sonde::core::cli {
namespace {

namespace fs = std::filesystem;

/// Every one that cannot be read is told.
std::vector<RunRemains> read_runs(const std::vector<std::string>& names, Diagnostics& out) {
  std::vector<RunRemains> runs;
  // Together as much as one run keeps, and one temporary file for however many there are.
  const auto facts = std::make_shared<Spool>();
  for (const std::string& name : names) {
    auto run = read_run(name, facts);
    if (run)
      runs.push_back(std::move(*run));
    else
      out.add(run.error());
  }
  return runs;
}

/// The pipeline file that says where results go; without one, the records as JSON.
PipelineSpec outputs_of(const MergeArguments& arguments, Diagnostics& out) {
  const Overrides& overrides = arguments.pipeline.overrides;
  if (!arguments.pipeline.file.empty()) return load_pipeline(arguments.pipeline.file, overrides, out);
  PipelineSpec spec;
  OutputSpec json;
  json.use = "json";
  json.options.set("path", Value("inventory.json"));
  spec.outputs.push_back(std::move(json));
  spec.output_dir = overrides.output_dir.empty() ? "merged" : overrides.output_dir;
  return spec;
}

/// The results of a part are not written over: they may be wanted when another part has been repeated.
void check_place(const std::string& output_dir, const std::vector<RunRemains>& runs, Diagnostics& out) {
  std::error_code ec;
  for (const RunRemains& run : runs) {
    const fs::path journals = fs::path(run.journal).parent_path();
    if (fs::equivalent(output_dir, journals, ec) || fs::equivalent(output_dir, journals / "..", ec))
      return out.error("bad-argument", {}, output_dir + " is the output directory of one of the runs",
                       "name another with --output");
  }
}

/// The outputs of a file may change after its runs. One that asks something else is perhaps not theirs.
void compare_with_runs(const PipelineSpec& spec, const Plan& plan, const Registry& registry, const JournalHeader& runs,
                       Diagnostics& out) {
  const SourceSpan where{spec.file, 0, 0, 0};
  if (plan.name != runs.pipeline)
    return out.error("merge-mismatch", where,
                     "the runs are of the pipeline '" + runs.pipeline + "', this file is '" + plan.name + "'",
                     "name the file that the parts were run with");
  if (const std::string changed = changed_stages(spec, registry, runs); !changed.empty())
    out.warning("merge-pipeline", where, "the runs asked something else than this file does: " + changed,
                "the results are those of the runs, whose --set may be repeated here; outputs and history are written "
                "as this file says");
}

int refuse(const Diagnostics& out) {
  print_error(out.render_sorted(colour_on_stderr()));
  return static_cast<int>(out.exit_code());
}
/// Behind what was told before.
int refuse(const Diagnostic& why) {
  Diagnostics out;
  out.add(why);
  return refuse(out);
}

}  // namespace

int execute(const MergeArguments& arguments) {
  Diagnostics out;
  std::vector<RunRemains> runs = read_runs(arguments.runs, out);
  const PipelineSpec spec = outputs_of(arguments, out);
  if (out.has_errors()) return refuse(out);
  JournalHeader of_runs;  // without its scope, which may be a million ranges
  of_runs.pipeline = runs.front().content.header.pipeline;
  of_runs.stages = runs.front().content.header.stages;
  of_runs.stage_details = runs.front().content.header.stage_details;

  check_place(spec.output_dir, runs, out);
  if (out.has_errors()) return refuse(out);
  const auto shown = merged_fields(runs);
  if (!shown) out.add(shown.error());
  if (out.has_errors()) return refuse(out);

  const Registry registry = load_plugins(arguments.pipeline.plugin_path);
  const auto plan = compile_outputs_alone(spec, registry, shown->fields, shown->filled, out);
  if (plan != nullptr && !arguments.pipeline.file.empty()) compare_with_runs(spec, *plan, registry, of_runs, out);
  if (!arguments.quiet || out.has_errors()) print_error(out.render_sorted(colour_on_stderr()));
  if (out.has_errors()) return static_cast<int>(out.exit_code());
  const auto format = format_for(arguments.format, *plan);
  if (!format) return refuse(format.error());
  auto merged = merge_runs(std::move(runs), plan->shows_detail());
  if (!merged) return refuse(merged.error());

  FoldContext context = merged->fold_context();
  context.fields = &plan->fields;
  const auto result = publish(*plan, std::move(*merged), make_run_id(std::chrono::system_clock::now()));
  if (!result) return refuse(result.error());
  for (const Diagnostic& problem : result->problems)
    if (!arguments.quiet || problem.severity == Severity::error) print_error(render(problem, colour_on_stderr()));
  print_results(*result, *plan, context, *format);
  print_error(arguments.quiet ? merge_shortfall_text(*result) : merge_summary(*result, *plan));
  return static_cast<int>(result->had_errors ? Exit::trouble : Exit::ok);
}

}  // namespace sonde::core::cli
