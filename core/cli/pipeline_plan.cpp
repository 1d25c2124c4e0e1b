// Load, then compile what could be understood, so that the errors of both are told at once.
#include "cli/pipeline_plan.hpp"

#include <algorithm>

namespace sonde::core::cli {
namespace {

/// Nothing of the file was understood: what compile() would say of it is noise.
bool is_unreadable(const Diagnostics& out) {
  return std::any_of(out.items().begin(), out.items().end(), [](const Diagnostic& d) {
    return d.id == "yaml-syntax" || d.id == "file-unreadable" || d.id == "config-too-large" || d.id == "bad-version";
  });
}

}  // namespace

Registry load_plugins(const std::vector<std::string>& plugin_path) {
  Registry registry;
  registry.scan(default_search_path(plugin_path));
  return registry;
}

std::unique_ptr<Plan> plan_from(const PipelineArguments& arguments, const Registry& registry, bool resolve_names,
                                Diagnostics& out) {
  const PipelineSpec spec = load_pipeline(arguments.file, arguments.overrides, out);
  if (out.has_errors() && is_unreadable(out)) return nullptr;
  CompileRequest request;
  request.overrides = arguments.overrides;
  request.seed = arguments.seed;
  request.shard_index = arguments.shard_index;
  request.shard_count = arguments.shard_count;
  request.only = arguments.only;
  request.resolve_names = resolve_names;
  auto plan = compile(spec, registry, request, out);
  return out.has_errors() ? nullptr : std::move(plan);
}

}  // namespace sonde::core::cli
