#include "engine/task_rules.hpp"

#include <algorithm>

#include "engine/asked.hpp"

namespace sonde::core {

std::string scope_refusal(const Scope& scope, const IpAddress* own, std::span<const IpAddress> services,
                          const sonde_target& to, const IpAddress& ip) {
  if (!own) {
    const bool named = std::binary_search(services.begin(), services.end(), ip);
    return named ? "" : ip.to_string() + " is no server that the stage's options name";
  }
  if (const Verdict v = scope.judge(ip, to.proto, to.port); v != Verdict::allowed)
    return ip.to_string() + ": " + std::string(describe(v));
  return ip == *own ? "" : ip.to_string() + " is not the target of this task";
}

std::string missing_field(const StagePlan& stage, std::span<const Fact> put) {
  const auto& outputs = stage.plugin->outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!(outputs[i].flags & SONDE_F_REQUIRED)) continue;
    if (std::none_of(put.begin(), put.end(), [&](const Fact& f) { return f.field == stage.outputs[i]; }))
      return "the plugin left out its required field " + outputs[i].name;
  }
  return "";
}

void write_place(const Plan& plan, uint8_t stage, uint32_t index, uint32_t count, sonde_place* out) {
  const std::string& name = plan.stages[stage].name;
  sonde_place p{};
  p.size = std::min<uint32_t>(out->size, sizeof p);
  p.index = index;
  p.count = count;
  p.seed = Permutation(UINT64_MAX, plan.seed)(uint64_t{stage} << 32 | index);
  p.stage = {name.data(), name.size()};
  std::copy_n(reinterpret_cast<const char*>(&p), p.size, reinterpret_cast<char*>(out));
}

sonde_err read_input(const Plan& plan, uint8_t stage, uint32_t input, uint32_t item, sonde_task task,
                     FieldItems& field_items, std::span<const Fact> known, const Outcome* outcomes, sonde_str* key,
                     sonde_value* out) {
  const auto& inputs = plan.stages[stage].inputs;
  if (input >= inputs.size()) return SONDE_E_INVALID;
  const FieldId id = inputs[input];
  if (id == no_field) return SONDE_E_UNSUPPORTED;
  const auto& items = field_items.of(task, plan.fields[id], id, known);
  if (items.empty() && !asked_before(plan, stage, id, outcomes)) return SONDE_E_UNSUPPORTED;
  if (item >= items.size()) return SONDE_E_ABSENT;
  const Fact& f = known[items[item]];
  if (key) *key = {f.key.data(), f.key.size()};
  *out = to_abi(f.value);
  return SONDE_OK;
}

}  // namespace sonde::core
