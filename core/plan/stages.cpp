// Stages: plugin, options, `when` and fields of each, in the order in which a host will meet them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "inventory/type_names.hpp"
#include "plan/compilation.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t most_stages = 255;  // a fact holds the number of its stage in a byte
constexpr uint64_t nanoseconds_a_ms = 1'000'000;
constexpr uint64_t longest_wait = uint64_t{1} << 60;  // so that a deadline fits its type
constexpr uint32_t default_timeout_ms = 10'000;

bool writes(const PluginEntry& plugin, std::string_view field) {
  return std::any_of(plugin.outputs.begin(), plugin.outputs.end(), [&](const FieldInfo& f) { return f.name == field; });
}

/// Whether `later` reads, as input or in its `when`, a field that `earlier` writes.
bool needs_output_of(const StagePlan& later, const StagePlan& earlier) {
  const auto reads = [&](FieldId id) {
    return id != no_field && id != FieldTable::alive &&
           std::find(earlier.outputs.begin(), earlier.outputs.end(), id) != earlier.outputs.end();
  };
  return std::any_of(later.inputs.begin(), later.inputs.end(), reads) ||
         (later.when && std::any_of(later.when->fields().begin(), later.when->fields().end(), reads));
}

class StageCompiler {
 public:
  explicit StageCompiler(Compilation& c) : c_(c) {}

  void run() {
    const auto& specs = c_.spec.stages;
    bool any_enabled = std::any_of(specs.begin(), specs.end(), [](const StageSpec& s) { return s.enabled; });
    if (!any_enabled)
      c_.out.error("no-stages", {c_.spec.file, 0, 0, 0},
                   specs.empty() ? "the pipeline has no stages" : "no stage of the pipeline is enabled",
                   "write stages: [{use: icmp}], or set enabled: true");
    if (specs.size() > most_stages) {
      c_.out.error("plan-too-many-stages", specs[most_stages].where,
                   fmt::format("{} stages, at most {} are possible", specs.size(), most_stages), "split the pipeline");
      return;
    }
    check_names();
    find_plugins();
    for (std::size_t i = 0; i < specs_.size(); ++i) compile(*specs_[i], c_.plan.stages[i]);
    check_alive_is_settled();
    if (!c_.out.has_errors()) return;
    for (StagePlan& stage : c_.plan.stages) stage.enabled = stage.enabled && stage.sound;
  }

 private:
  void check_names() {
    std::map<std::string_view, const StageSpec*> seen;
    for (const StageSpec& spec : c_.spec.stages) {
      auto [it, fresh] = seen.emplace(spec.name, &spec);
      if (fresh) continue;
      const SourceSpan& where = spec.name_where.line != 0 ? spec.name_where : spec.use_where;
      c_.out.error("duplicate-stage", where,
                   fmt::format("there is a stage '{}' already, in line {}", spec.name, it->second->where.line),
                   fmt::format("give this one a name of its own: {{use: {}, name: {}-2}}", spec.use, spec.use));
    }
  }

  /// All plugins first: a `when` may then name a field of a later stage, and is told where that stage belongs.
  void find_plugins() {
    for (const StageSpec& spec : c_.spec.stages) {
      const PluginEntry* plugin = c_.registry.find(PluginKind::probe, spec.use);
      if (!plugin) {
        // A stage that is switched off may name what is not installed here: it is there to be switched on elsewhere.
        if (spec.enabled) refuse_plugin(c_, PluginKind::probe, spec.use, spec.use_where);
        continue;
      }
      StagePlan stage;
      stage.name = spec.name;
      stage.plugin = plugin;
      stage.enabled = spec.enabled;
      stage.optional = spec.optional;
      stage.where = spec.where;
      bind_outputs(spec, stage);
      specs_.push_back(&spec);
      c_.plan.stages.push_back(std::move(stage));
    }
  }

  void compile(const StageSpec& spec, StagePlan& stage) {
    set_options(spec, stage);
    compile_when(spec, stage);
    warn_of_cleartext(c_, stage);
    bind_inputs(spec, stage);
    set_deadline(spec, stage);
    if (!stage.enabled) return;
    for (FieldId id : stage.outputs)
      if (id != no_field) c_.written.insert(id);
  }

  void set_options(const StageSpec& spec, StagePlan& stage) {
    const PluginEntry& plugin = *stage.plugin;
    const std::size_t errors = c_.out.error_count();
    refuse_secrets_on_command_line(c_, spec.name, plugin.schema, spec.options);
    Value given = spec.options;
    if (given.where.line == 0) given.where = spec.where;
    stage.options = check_options(given, plugin.schema,
                                  {fmt::format("stage '{}'", spec.name),
                                   fmt::format("sonde describe {}", plugin.id),
                                   c_.plan.directory,
                                   {"use", "name", "when", "enabled", "optional", "deadline"}},
                                  c_.out);
    drop_print_ports(c_, spec.name, plugin.schema, spec.where, stage.options);
    stage.sound = stage.sound && c_.out.error_count() == errors;
  }

  void compile_when(const StageSpec& spec, StagePlan& stage) {
    stage.when_text = spec.when;
    if (spec.when.empty()) return;
    auto when = When::compile(spec.when, spec.when_where, c_.plan.fields, c_.spec.assume_up);
    if (!when) {
      c_.out.add(when.error());
      return;
    }
    stage.when = *when;
    if (!stage.enabled) return;
    for (const When::Part& part : stage.when->parts())
      warn_of_part(c_, fmt::format("stage '{}' in its `when`", spec.name), part.field, part.key, part.where);
    for (FieldId field : (*when)->fields()) {
      if (c_.written.contains(field)) continue;
      const std::string& name = c_.plan.fields[field].name;
      c_.out.error(
          "field-missing", spec.when_where.whole(),
          fmt::format("stage '{}' asks for '{}' in its `when`, and no earlier stage writes it", spec.name, name),
          who_writes(name, spec));
    }
  }

  void bind_inputs(const StageSpec& spec, StagePlan& stage) {
    for (const FieldInfo& input : stage.plugin->inputs) {
      FieldId id = c_.plan.fields.find(input.name);
      if (id != no_field && !c_.written.contains(id)) id = no_field;
      stage.inputs.push_back(id);
      if (!stage.enabled) continue;
      if (id == no_field) {
        if ((input.flags & SONDE_F_REQUIRED) != 0)
          c_.out.error("field-missing", spec.use_where,
                       fmt::format("stage '{}' needs '{}', and no earlier stage writes it", spec.name, input.name),
                       who_writes(input.name, spec));
        continue;
      }
      const Field& field = c_.plan.fields[id];
      bool fits = (input.type == SONDE_NULL || input.type == field.type) && input.shape == field.shape;
      if (!fits)
        c_.out.error(
            "field-conflict", spec.use_where,
            fmt::format("stage '{}' reads '{}' as {}, and it is {}", spec.name, input.name,
                        type_name(input.type, input.shape), type_name(field.type, field.shape)),
            fmt::format("the plugin '{}' ({}) needs a version that fits", stage.plugin->id, stage.plugin->library));
    }
  }

  void bind_outputs(const StageSpec& spec, StagePlan& stage) {
    for (const FieldInfo& f : stage.plugin->outputs) {
      auto id = c_.plan.fields.bind_output(stage.plugin->id, f.name, f.type, f.shape, (f.flags & SONDE_F_DETAIL) != 0,
                                           f.help);
      if (!id) {
        Diagnostic why = id.error();
        why.where = spec.use_where;
        c_.out.add(std::move(why));
        stage.sound = false;
        stage.outputs.push_back(no_field);
        continue;
      }
      stage.outputs.push_back(*id);
    }
  }

  void set_deadline(const StageSpec& spec, StagePlan& stage) const {
    const PluginEntry& plugin = *stage.plugin;
    if (spec.deadline) {
      stage.deadline = *spec.deadline;
      return;
    }
    if (cost_expression(plugin, stage.options, "deadline")) {
      stage.deadline = static_cast<int64_t>(std::min(cost_of(plugin, stage.options, "deadline"), longest_wait));
      return;
    }
    const uint64_t expected = cost_of(plugin, stage.options, "wait");
    uint64_t timeout = uint64_t{plugin.timeout_ms != 0 ? plugin.timeout_ms : default_timeout_ms} * nanoseconds_a_ms;
    stage.deadline = static_cast<int64_t>(timeout + std::min(expected, longest_wait));
  }

  /// Which plugin of this machine could write the field for that stage, and where another one does.
  std::string who_writes(std::string_view field, const StageSpec& reader) const {
    for (const StageSpec& spec : c_.spec.stages) {
      if (&spec == &reader) continue;
      const PluginEntry* plugin = c_.registry.find(PluginKind::probe, spec.use);
      if (!plugin || !writes(*plugin, field)) continue;
      if (!spec.enabled) return fmt::format("stage '{}' writes it, but is not enabled", spec.name);
      return fmt::format("stage '{}' writes it: move it before this one", spec.name);
    }
    std::vector<std::string_view> ids;
    for (const PluginEntry* plugin : c_.registry.all())
      if (plugin->kind == PluginKind::probe && writes(*plugin, field)) ids.push_back(plugin->id);
    if (ids.empty()) return "no plugin that is installed here writes it";
    return fmt::format("add a stage before it that writes it: {}", join(ids, ", "));
  }

  void check_alive_is_settled() {
    const auto& stages = c_.plan.stages;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const StagePlan& stage = stages[i];
      if (!stage.enabled || !stage.when) continue;
      const auto& fields = stage.when->fields();
      if (std::find(fields.begin(), fields.end(), FieldTable::alive) == fields.end()) continue;
      for (std::size_t j = i + 1; j < stages.size(); ++j) {
        if (!stages[j].enabled || !writes(*stages[j].plugin, "alive")) continue;
        if (needs_output_of(stages[j], stage)) continue;  // they stand in the only order there is
        c_.out.warning("plan-when-early", stage.where,
                       fmt::format("stage '{}' asks for `alive`, which the later stage '{}' can still turn true: hosts "
                                   "that only the later one finds are not asked here",
                                   stage.name, stages[j].name),
                       fmt::format("move stage '{}' behind '{}'", stage.name, stages[j].name));
        break;
      }
    }
  }

  Compilation& c_;
  std::vector<const StageSpec*> specs_;  ///< of the plan's stages, by index
};

}  // namespace

void compile_stages(Compilation& c) {
  StageCompiler(c).run();
}

}  // namespace sonde::core
