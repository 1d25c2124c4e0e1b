// The plan as JSON: what `sonde plan` says, for programs.
#include <algorithm>

#include "base/units.hpp"
#include "cli/capabilities.hpp"
#include "cli/plan_report.hpp"
#include "plugins/demands.hpp"

namespace sonde::core::cli {
namespace {

/// Numbers, lists and mappings as they are; durations and sizes as one writes them.
Value shown(const Value& v, const Schema& schema) {
  const bool has_unit = schema.format == Format::duration || schema.format == Format::bytes;
  if (has_unit && v.text() == nullptr) return Value(display(v, schema));
  if (const Value::Array* list = v.array()) {
    Value::Array out;
    for (const Value& entry : *list) out.push_back(schema.items ? shown(entry, *schema.items) : entry);
    return Value(std::move(out));
  }
  if (const Value::Object* members = v.object()) {
    Value out{Value::Object{}};
    for (const Value::Member& m : *members) {
      const auto property = std::find_if(schema.properties.begin(), schema.properties.end(),
                                         [&](const Schema::Property& p) { return p.name == m.key; });
      out.set(m.key, property == schema.properties.end() ? m.value : shown(m.value, property->schema));
    }
    return out;
  }
  return v;
}

Value with_origin(Value value, const Value& original) {
  Value out{Value::Object{}};
  out.set("value", std::move(value));
  out.set("from", Value(origin_text(original)));
  return out;
}

Value options_value(const Value& options, const Schema& schema) {
  const Value safe = redacted(options, schema);
  Value out{Value::Object{}};
  for (const Schema::Property& property : schema.properties) {
    const Value *value = safe.find(property.name), *original = options.find(property.name);
    if (value != nullptr && original != nullptr)
      out.set(property.name, with_origin(shown(*value, property.schema), *original));
  }
  return out;
}

Value ranges_value(const AddressSet& set) {
  Value::Array out;
  for (std::string& range : set.to_strings()) out.emplace_back(std::move(range));
  return Value(std::move(out));
}

Value seconds(int64_t ns) {
  return Value(static_cast<double>(ns) / 1e9);
}

Value stage_value(const Plan& plan, std::size_t number) {
  const StagePlan& stage = plan.stages[number];
  Value out{Value::Object{}};
  out.set("name", Value(stage.name));
  out.set("plugin", Value(stage.plugin->id));
  out.set("version", Value(stage.plugin->version));
  out.set("enabled", Value(stage.enabled));
  out.set("optional", Value(stage.optional));
  if (!stage.when_text.empty()) out.set("when", Value(stage.when_text));
  if (!stage.enabled) return out;
  if (number < plan.unavailable.size() && !plan.unavailable[number].empty())
    out.set("unavailable", Value(plan.unavailable[number]));
  for (const StageEstimate& e : plan.estimate.stages) {
    if (e.stage != stage.name) continue;
    out.set("packets_if_silent", Value(e.packets_if_silent));
    out.set("packets_if_alive", Value(e.packets_if_alive));
    out.set("packets_at_most", Value(e.packets_at_most));
    out.set("wait_seconds_if_silent", seconds(e.if_silent.total));
    out.set("wait_seconds_if_alive", seconds(e.if_alive.total));
  }
  out.set("deadline", Value(format_duration(stage.deadline)));
  out.set("needs", Value(describe_needs(needs_of(*stage.plugin, stage.options))));
  Value privileges{Value::Object{}};
  for (const Privilege& p : privileges_of(needs_of(*stage.plugin, stage.options)))
    privileges.set(p.name, Value(p.present));
  out.set("privileges", std::move(privileges));
  out.set("options", options_value(stage.options, stage.plugin->schema));
  return out;
}

Value limits_value(const Plan& plan) {
  Value out{Value::Object{}};
  if (plan.limits_value.object() == nullptr) return out;
  for (const Value::Member& m : *plan.limits_value.object()) {
    const bool duration = m.key == "run_timeout" && m.value.integer() != nullptr;
    out.set(m.key, with_origin(duration ? Value(format_duration(*m.value.integer())) : m.value, m.value));
  }
  return out;
}

Value estimate_value(const Estimate& e) {
  Value out{Value::Object{}};
  out.set("packets_if_silent", Value(e.packets_if_silent));
  out.set("packets_if_alive", Value(e.packets_if_alive));
  out.set("packets_at_most", Value(e.packets_at_most));
  Value::Array not_contained;
  for (const std::string& stage : e.not_contained) not_contained.emplace_back(stage);
  out.set("not_contained", Value(std::move(not_contained)));
  out.set("seconds_if_silent", seconds(e.duration_if_silent));
  out.set("seconds_if_alive", seconds(e.duration_if_alive));
  if (!e.decided_by.empty()) out.set("decided_by", Value(e.decided_by));
  return out;
}

}  // namespace

Value plan_value(const Plan& plan) {
  Value out{Value::Object{}};
  out.set("pipeline", Value(plan.name));
  out.set("file", Value(plan.file));
  out.set("plan_id", Value(plan.id));
  out.set("plan_hash", Value(plan.hash));
  out.set("seed", Value(std::to_string(plan.seed)));  // text, as in the run document
  out.set("targets", Value(plan.targets.size()));
  out.set("scope", ranges_value(plan.targets.addresses()));
  out.set("exclusions", ranges_value(plan.scope.exclusions()));
  out.set("part", Value(std::to_string(plan.shard_index + 1) + "/" + std::to_string(plan.shard_count)));
  out.set("targets_of_part", Value(plan.slice.count));
  out.set("allow_public", Value(plan.scope.rules().allow_public));
  out.set("allow_print_ports", Value(plan.scope.rules().allow_print_ports));
  out.set("assume_up", Value(plan.assume_up));
  Value::Array stages, outputs, files;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) stages.push_back(stage_value(plan, i));
  out.set("stages", Value(std::move(stages)));
  out.set("limits", limits_value(plan));
  out.set("estimate", estimate_value(plan.estimate));
  for (const OutputPlan& output : plan.outputs) {
    Value one{Value::Object{}};
    one.set("name", Value(output.name));
    one.set("plugin", Value(output.plugin->id));
    one.set("streaming", Value(output.streaming));
    one.set("options", options_value(output.options, output.plugin->schema));
    outputs.push_back(std::move(one));
  }
  out.set("outputs", Value(std::move(outputs)));
  for (std::string& file : files_of(plan)) files.emplace_back(std::move(file));
  out.set("files", Value(std::move(files)));
  return out;
}

}  // namespace sonde::core::cli
