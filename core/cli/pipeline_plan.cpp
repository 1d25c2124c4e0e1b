// Load, then compile what could be understood, so that the errors of both are told at once.
#include "cli/pipeline_plan.hpp"

namespace sonde::core::cli {

Registry load_plugins(const std::vector<std::string>& plugin_path) {
  Registry registry;
  registry.scan(default_search_path(plugin_path));
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
  auto plan = compile(spec, registry, request, out);
  return out.has_errors() ? nullptr : std::move(plan);
}

}  // namespace sonde::core::cli
