#include "plan/plan_header.hpp"

#include <algorithm>

#include "inventory/plan_difference.hpp"
#include "plan/compilation.hpp"

namespace sonde::core {
namespace {

/// The stage of that name among those of a header; null: none, or a header that tells no details.
JournalStage* stage_of(JournalHeader& header, const std::string& name) {
  const auto at = std::find(header.stages.begin(), header.stages.end(), name) - header.stages.begin();
  const auto i = static_cast<std::size_t>(at);
  return i < header.stage_details.size() ? &header.stage_details[i] : nullptr;
}

/// The enabled ones of the stages that `wanted` names, and nothing else of the header.
JournalHeader stages_of(const JournalHeader& header, const auto& wanted) {
  JournalHeader out;
  for (std::size_t i = 0; i < header.stages.size() && i < header.stage_details.size(); ++i) {
    if (!header.stage_details[i].enabled || !wanted(header.stages[i])) continue;
    out.stages.push_back(header.stages[i]);
    out.stage_details.push_back(header.stage_details[i]);
  }
  return out;
}

/// Relative paths lay below the pipeline file of the runs, which journals do not name and which may be elsewhere now:
/// a path that ends with the one `written` here is that one.
void compare_as_written(const Schema& schema, const Value& written, Value& theirs) {
  if (written.text() != nullptr && theirs.text() != nullptr) {
    if (schema.format == Format::path && theirs.text()->ends_with("/" + *written.text())) theirs = written;
  } else if (written.object() != nullptr) {
    for (const Schema::Property& p : schema.properties)
      if (const Value* here = written.find(p.name))
        if (Value* there = theirs.find(p.name)) compare_as_written(p.schema, *here, *there);
  } else if (written.array() != nullptr && theirs.array() != nullptr && schema.items) {
    const std::size_t both = std::min(written.array()->size(), theirs.array()->size());
    for (std::size_t i = 0; i < both; ++i)
      compare_as_written(*schema.items, (*written.array())[i], (*theirs.array())[i]);
  }
}

/// Another version may have other defaults, from which a deadline follows that nobody wrote.
void leave_out_unwritten(const StageSpec& written, Value& asks) {
  const auto erase = [](Value* object, const auto& is_left_out) {
    if (object != nullptr && object->object() != nullptr) std::erase_if(*object->object(), is_left_out);
  };
  erase(asks.find("options"), [&](const Value::Member& m) { return written.options.find(m.key) == nullptr; });
  erase(&asks, [&](const Value::Member& m) { return m.key == "deadline" && !written.deadline; });
}

/// Makes both texts of what a stage asks ones of which every difference was written by somebody.
void make_comparable(const StageSpec& written, const Schema& schema, JournalStage& here, JournalStage& theirs) {
  Result<Value> mine = parse_json(here.asks), others = parse_json(theirs.asks);
  if (!mine || !others || here.plugin != theirs.plugin) return;
  if (Value* a = mine->find("options"), *b = others->find("options"); a != nullptr && b != nullptr)
    compare_as_written(schema, *a, *b);
  if (here.version != theirs.version)
    for (Value* asks : {&*mine, &*others}) leave_out_unwritten(written, *asks);
  here.asks = to_json(*mine);
  theirs.asks = to_json(*others);
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
                                    context.stage_writes_alive[i], is_adaptive(s), to_json(questions_of(s))});
  }
  return header;
}

std::string changed_stages(const PipelineSpec& spec, const Registry& registry, const JournalHeader& runs) {
  Plan plan;
  Diagnostics untold;  // who puts results together runs no stage
  const CompileRequest request;
  Compilation c{spec, registry, request, untold, plan};
  compile_stages(c);  // without plan.directory: paths stay as they are written
  // Mistakes switch stages off, which nobody did in the file.
  for (StagePlan& stage : plan.stages)
    for (const StageSpec& written : spec.stages)
      if (written.name == stage.name) stage.enabled = written.enabled;
  const auto is_known_here = [&](const std::string& stage) {
    return std::none_of(spec.stages.begin(), spec.stages.end(), [&](const StageSpec& s) {
      return s.name == stage && registry.find(PluginKind::probe, s.use) == nullptr;
    });
  };
  JournalHeader here = stages_of(journal_header(plan, {}, {}, {}), is_known_here),
                theirs = stages_of(runs, is_known_here);
  for (const StageSpec& written : spec.stages) {
    JournalStage *const mine = stage_of(here, written.name), *const other = stage_of(theirs, written.name);
    const PluginEntry* plugin = registry.find(PluginKind::probe, written.use);
    if (mine != nullptr && other != nullptr && plugin != nullptr)
      make_comparable(written, plugin->schema, *mine, *other);
  }
  for (JournalHeader* header : {&here, &theirs})
    for (JournalStage& stage : header->stage_details) stage.version.clear();
  return difference_of_stages(theirs, here);
}

}  // namespace sonde::core
