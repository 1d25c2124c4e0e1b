#include "plan/plan_header.hpp"

#include <algorithm>

#include "inventory/plan_difference.hpp"
#include "plan/compilation.hpp"

namespace sonde::core {
namespace {

/// What a plan hash covers of a stage beside its plugin: see hash.cpp.
std::string questions_of(const StagePlan& s) {
  Value out{Value::Object{}};
  out.set("when", Value(s.when_text));
  out.set("deadline", Value(s.deadline));
  out.set("optional", Value(s.optional));
  out.set("options", without_secrets(s.options, s.plugin->schema));
  return to_json(out);
}

/// Leaves the enabled stages that `wanted` names, and what makes them other stages than others of that name.
JournalHeader stages_of(const JournalHeader& header, const auto& wanted) {
  JournalHeader out;
  for (std::size_t i = 0; i < header.stages.size() && i < header.stage_details.size(); ++i) {
    if (!header.stage_details[i].enabled || !wanted(header.stages[i])) continue;
    out.stages.push_back(header.stages[i]);
    out.stage_details.push_back(header.stage_details[i]);
    out.stage_details.back().version.clear();
  }
  return out;
}

}  // namespace

bool is_adaptive(const StagePlan& s) {
  const Value* adaptive = s.options.find("adaptive");
  return adaptive && adaptive->boolean() && *adaptive->boolean();
}

JournalHeader journal_header(const Plan& plan, const std::vector<std::string>& unavailable, const std::string& run_id,
                             const std::string& started) {
  JournalHeader header;
  header.run_id = run_id;
  header.pipeline = plan.name;
  header.plan_hash = plan.hash;
  header.started = started;
  header.seed = plan.seed;
  header.targets = plan.targets.size();
  header.slice = plan.slice;
  header.scope = plan.targets.addresses().to_strings();
  for (std::size_t i = 0; i < plan.fields.size(); ++i)
    header.fields.push_back(plan.fields[static_cast<FieldId>(i)].name);
  header.shard_index = plan.shard_index;
  header.shard_count = plan.shard_count;
  header.exclusions = plan.scope.exclusions().to_strings();
  header.filled = plan.filled_fields();
  for (std::size_t i = FieldTable::well_known_count; i < plan.fields.size(); ++i)
    header.own_fields.push_back(plan.fields[static_cast<FieldId>(i)]);
  const FoldContext context = plan.fold_context();
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const StagePlan& s = plan.stages[i];
    header.stages.push_back(s.name);
    header.stage_details.push_back({s.plugin->id, s.plugin->version,
                                    i < unavailable.size() ? unavailable[i] : std::string(), s.enabled,
                                    context.stage_writes_alive[i], is_adaptive(s), questions_of(s)});
  }
  return header;
}

std::string changed_stages(const PipelineSpec& spec, const Registry& registry, const JournalHeader& runs) {
  Plan plan;
  Diagnostics untold;  // who puts results together runs no stage
  const CompileRequest request;
  Compilation c{spec, registry, request, untold, plan};
  plan.directory = absolute_below("", spec.directory.empty() ? "." : spec.directory);
  compile_stages(c);
  // Mistakes switch stages off, which nobody did in the file.
  for (StagePlan& stage : plan.stages)
    for (const StageSpec& written : spec.stages)
      if (written.name == stage.name) stage.enabled = written.enabled;
  const auto is_known_here = [&](const std::string& stage) {
    return std::none_of(spec.stages.begin(), spec.stages.end(), [&](const StageSpec& s) {
      return s.name == stage && registry.find(PluginKind::probe, s.use) == nullptr;
    });
  };
  return difference_of_stages(stages_of(runs, is_known_here),
                              stages_of(journal_header(plan, {}, {}, {}), is_known_here));
}

}  // namespace sonde::core
