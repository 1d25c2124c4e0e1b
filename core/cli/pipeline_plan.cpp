// Load, then compile what could be understood, so that the errors of both are told at once.
#include "cli/pipeline_plan.hpp"

#include <algorithm>
#include <utility>

#include "engine/run.hpp"
#include "plan/estimate.hpp"

namespace sonde::core::cli {
namespace {

/// A report that a source and a stage read is told as missing once.
bool is_told_of_a_source(const Diagnostic& mistake, const Diagnostics& out) {
  const auto subject = mistake.text.find("': ");
  if (subject == std::string::npos) return false;
  const std::string_view reason = std::string_view(mistake.text).substr(subject + 3);
  return std::any_of(out.items().begin(), out.items().end(),
                     [&](const Diagnostic& d) { return d.id == "source-failed" && d.text.ends_with(reason); });
}

/// What the plugins themselves say to the options of a pipeline.
void add_mistakes(const Trial& trial, Diagnostics& out) {
  for (Diagnostic& mistake : trial.mistakes()) {
    std::vector<Diagnostic> all = std::exchange(mistake.also, {});
    all.insert(all.begin(), std::move(mistake));
    for (Diagnostic& one : all)
      if (!is_told_of_a_source(one, out)) out.add(std::move(one));
  }
}

}  // namespace

void warn_of_no_outputs(const Plan& plan, Diagnostics& out) {
  if (!plan.outputs.empty() || !plan.history.dir.empty()) return;
  out.warning("no-outputs", {plan.file, 0, 0, 0},
              "the pipeline has neither outputs nor a history: what a run finds is in its journal alone",
              "write outputs: [{use: json}], or history: {dir: history}");
}

Registry load_plugins(const std::vector<std::string>& plugin_path) {
  Registry registry;
  registry.scan(default_search_path(plugin_path));
  return registry;
}

Registry look_at_plugins(const std::vector<std::string>& plugin_path) {
  Registry registry;
  registry.scan_with_trial(default_search_path(plugin_path));
  return registry;
}

std::unique_ptr<Plan> plan_from(const PipelineArguments& arguments, const Registry& registry, PlanFor what,
                                Diagnostics& out) {
  const PipelineSpec spec = load_pipeline(arguments.file, arguments.overrides, out);
  if (spec.file.empty()) return nullptr;  // not understood at all: what compile() would say is noise
  CompileRequest request;
  request.seed = arguments.seed;
  request.shard_index = arguments.shard_index;
  request.shard_count = arguments.shard_count;
  request.only = arguments.only;
  request.resolve_names = what != PlanFor::checking;
  request.keep_source_facts = what == PlanFor::running;
  // What a plugin says to values that are not known yet, or could not be read, is none of the mistakes.
  request.keep_sound_parts = !out.has_errors() && !arguments.overrides.allow_unset_env;
  auto plan = compile(spec, registry, request, out);
  if (plan != nullptr && out.has_errors()) add_mistakes(try_plan(*plan), out);
  return out.has_errors() ? nullptr : std::move(plan);
}

std::unique_ptr<Plan> tried_plan_from(const PipelineArguments& arguments, const Registry& registry, PlanFor what,
                                      Diagnostics& out) {
  auto plan = plan_from(arguments, registry, what, out);
  if (plan != nullptr) warn_of_no_outputs(*plan, out);
  if (plan == nullptr || arguments.overrides.allow_unset_env) return plan;
  Trial trial = try_plan(*plan);
  add_mistakes(trial, out);
  if (out.has_errors()) return nullptr;
  plan->unavailable = std::move(trial.unavailable);
  plan->estimate = estimate(*plan, plan->unavailable);
  return plan;
}

}  // namespace sonde::core::cli
