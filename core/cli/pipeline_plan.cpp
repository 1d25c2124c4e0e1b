// Load, then compile what could be understood, so that the errors of both are told at once.
#include "cli/pipeline_plan.hpp"

#include "engine/run.hpp"

namespace sonde::core::cli {
namespace {

/// What the plugins themselves say to the options of a pipeline.
void add_mistakes(const Plan& plan, Diagnostics& out) {
  for (Diagnostic& mistake : try_plan(plan).mistakes()) out.add(std::move(mistake));
}

}  // namespace

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
  if (plan != nullptr && out.has_errors()) add_mistakes(*plan, out);
  return out.has_errors() ? nullptr : std::move(plan);
}

std::unique_ptr<Plan> tried_plan_from(const PipelineArguments& arguments, const Registry& registry, PlanFor what,
                                      Diagnostics& out) {
  auto plan = plan_from(arguments, registry, what, out);
  if (plan == nullptr || arguments.overrides.allow_unset_env) return plan;
  add_mistakes(*plan, out);
  return out.has_errors() ? nullptr : std::move(plan);
}

}  // namespace sonde::core::cli
