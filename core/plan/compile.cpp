// compile(): the steps from a pipeline as written to a plan, in their order.
#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "plan/compilation.hpp"
#include "plan/estimate.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {
namespace {

/// Parts that run without a word of each other must be cut out of one order, else some targets are in none of them.
constexpr uint64_t seed_of_parts = 0;

uint64_t random_seed() {
  uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) == sizeof seed) return seed;
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

void copy_settings(Compilation& c) {
  const PipelineSpec& spec = c.spec;
  Plan& plan = c.plan;
  plan.file = spec.file;
  plan.directory = absolute_below("", spec.directory.empty() ? "." : spec.directory);
  plan.name = spec.name.empty() ? std::filesystem::path(spec.file).stem().stem().string() : spec.name;
  plan.limits = spec.limits;
  plan.limits_value = spec.limits_value;
  plan.assume_up = spec.assume_up;
  plan.seed = c.request.seed ? *c.request.seed : c.request.shard_count > 1 ? seed_of_parts : random_seed();
  plan.output_dir = absolute_below("", spec.output_dir);
  plan.journal_keep = spec.journal_keep;
  plan.history = spec.history;
  if (!plan.history.dir.empty()) plan.history.dir = absolute_below(plan.output_dir, plan.history.dir);
}

void cut_slice(Compilation& c) {
  Plan& plan = c.plan;
  plan.shard_index = c.request.shard_index;
  plan.shard_count = c.request.shard_count;
  if (plan.shard_count == 0 || plan.shard_index >= plan.shard_count) {
    c.out.error("bad-shard", {},
                fmt::format("part {} of {} does not exist", uint64_t{plan.shard_index} + 1, plan.shard_count),
                "write --shard i/n with 1 <= i <= n");
    return;
  }
  plan.slice = part_of(Slice{0, plan.targets.size()}, plan.shard_index, plan.shard_count);
}

}  // namespace

void refuse_plugin(Compilation& c, PluginKind kind, const std::string& id, const SourceSpan& where) {
  Diagnostic why = c.registry.explain_missing(kind, id, where);
  if (why.id == "plugin-permissions" && !c.told_permissions.insert(why.hint).second) return;
  c.out.add(std::move(why));
}

std::string absolute_below(const std::string& base, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ec;
  fs::path joined = base.empty() ? fs::path(path) : fs::path(base) / path;
  fs::path absolute = fs::absolute(joined, ec);
  fs::path normal = (ec ? joined : absolute).lexically_normal();
  if (!normal.has_filename() && normal.has_relative_path()) normal = normal.parent_path();  // "out/" is "out"
  return normal.string();
}

std::string speaker(std::string_view kind, std::string_view name, const PluginEntry& plugin) {
  return fmt::format("{} '{}'{}", kind, name, name == plugin.id ? "" : fmt::format(" ({})", plugin.id));
}

FoldContext Plan::fold_context() const {
  FoldContext context;
  context.fields = &fields;
  for (const StagePlan& stage : stages) {
    bool alive = std::find(stage.outputs.begin(), stage.outputs.end(), FieldTable::alive) != stage.outputs.end();
    context.stage_plugins.push_back(stage.plugin->id);
    context.stage_names.push_back(stage.name);
    // Who asks nobody says nothing about silence.
    context.stage_writes_alive.push_back(stage.enabled && alive && reaches_network(*stage.plugin, stage.options));
  }
  return context;
}

bool Plan::shows_detail() const {
  const auto is_detail = [this](const ColumnPlan& column) { return fields[column.field].detail; };
  return std::any_of(outputs.begin(), outputs.end(), [&](const OutputPlan& o) {
    return o.detail || std::any_of(o.columns.begin(), o.columns.end(), is_detail);
  });
}

std::vector<FieldId> Plan::filled_fields() const {
  std::set<FieldId> filled = {FieldTable::ip, FieldTable::evidence};
  bool has_names = !targets.names().empty();
  for (const StagePlan& stage : stages) {
    if (!stage.enabled) continue;
    for (const FieldId field : stage.outputs) {
      filled.insert(field);
      has_names |= field == FieldTable::reverse_dns || field == FieldTable::snmp || field == FieldTable::hostname;
    }
  }
  for (FieldId field = 0; field < fields.size(); ++field)
    if (source_facts.has_field(field)) filled.insert(field);
  if (has_names) filled.insert(FieldTable::hostname);
  return {filled.begin(), filled.end()};
}

std::unique_ptr<Plan> compile_outputs_alone(const PipelineSpec& spec, const Registry& registry, FieldTable fields,
                                            const std::vector<FieldId>& filled, Diagnostics& out) {
  auto plan = std::make_unique<Plan>();
  const CompileRequest request;
  Compilation c{spec, registry, request, out, *plan};
  copy_settings(c);
  plan->fields = std::move(fields);
  c.written.insert(filled.begin(), filled.end());
  compile_outputs(c);
  return out.has_errors() ? nullptr : std::move(plan);
}

std::unique_ptr<Plan> compile(const PipelineSpec& spec, const Registry& registry, const CompileRequest& request,
                              Diagnostics& out) {
  auto plan = std::make_unique<Plan>();
  Compilation c{spec, registry, request, out, *plan};
  copy_settings(c);
  compile_targets(c);
  cut_slice(c);
  compile_stages(c);
  compile_outputs(c);
  if (out.has_errors()) return request.keep_sound_parts ? std::move(plan) : nullptr;
  plan->estimate = estimate(*plan);
  set_hashes(*plan);
  return plan;
}

}  // namespace sonde::core
