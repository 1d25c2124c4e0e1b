#include "plugins/demands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "config/scalar.hpp"
#include "config/schema_property.hpp"
#include "plugins/cost.hpp"

namespace sonde::core {
namespace {

constexpr uint32_t network_needs = SONDE_NEED_CONNECT | SONDE_NEED_RAW | SONDE_NEED_EXEC | SONDE_NEED_SOCKETS;
constexpr std::array<std::pair<std::string_view, uint32_t>, 6> need_words{{{"connect", SONDE_NEED_CONNECT},
                                                                           {"raw", SONDE_NEED_RAW},
                                                                           {"files", SONDE_NEED_FILES},
                                                                           {"exec", SONDE_NEED_EXEC},
                                                                           {"threads", SONDE_NEED_THREADS},
                                                                           {"sockets", SONDE_NEED_SOCKETS}}};

uint32_t need_of(const Value& word) {
  const std::string* text = word.text();
  const auto* found =
      std::find_if(need_words.begin(), need_words.end(), [&](const auto& w) { return text && w.first == *text; });
  return found == need_words.end() ? 0 : found->second;
}

/// What the options chose, or nullptr.
const Value* variant_of(const Schema& schema, const Value& options) {
  if (!schema.variants.object()) return nullptr;
  for (const Value::Member& by_option : *schema.variants.object()) {
    const Value* chosen = options.find(by_option.key);
    if (!chosen || !chosen->text()) continue;
    if (const Value* variant = by_option.value.find(*chosen->text())) return variant;
  }
  return nullptr;
}

tl::unexpected<Diagnostic> wrong(std::string text) {
  return failure("plugin-schema", std::move(text));
}

Result<void> check_variant(const std::string& name, const Value& variant, const Schema& schema, uint32_t needs) {
  if (!variant.object()) return wrong(fmt::format("the variant {} is not an object", name));
  for (const Value::Member& member : *variant.object()) {
    if (member.key == "cost") {
      if (auto ok = check_cost(member.value, schema); !ok) return ok;
      continue;
    }
    if (member.key != "needs" || !member.value.array())
      return wrong(fmt::format("the variant {} may hold a list 'needs' and a 'cost'", name));
    for (const Value& word : *member.value.array())
      if ((need_of(word) & needs) == 0)
        return wrong(
            fmt::format("the variant {} may need only what the descriptor needs, in the words connect, raw, "
                        "files, exec, threads, sockets",
                        name));
  }
  return {};
}

}  // namespace

uint32_t needs_of(const PluginEntry& plugin, const Value& options) {
  const Value* variant = variant_of(plugin.schema, options);
  const Value* words = variant ? variant->find("needs") : nullptr;
  if (!words || !words->array()) return plugin.needs;
  uint32_t needs = 0;
  for (const Value& word : *words->array()) needs |= need_of(word);
  return needs;
}

bool reaches_network(const PluginEntry& plugin, const Value& options) {
  return (plugin.needs & network_needs) == 0 || (needs_of(plugin, options) & network_needs) != 0;
}

const Value* cost_expression(const PluginEntry& plugin, const Value& options, std::string_view member) {
  const Value* variant = variant_of(plugin.schema, options);
  const Value* cost = variant ? variant->find("cost") : nullptr;
  return (cost ? *cost : plugin.schema.cost).find(member);
}

uint64_t cost_of(const PluginEntry& plugin, const Value& options, std::string_view member) {
  const Value* expression = cost_expression(plugin, options, member);
  return expression ? evaluate_cost(*expression, options) : 0;
}

uint32_t batch_of(const PluginEntry& plugin, const Value& options) {
  const Value* option = plugin.schema.batch.empty() ? nullptr : options.find(plugin.schema.batch);
  const auto wanted = option ? natural(*option) : std::nullopt;
  if (!wanted || *wanted == 0) return plugin.max_batch;
  return static_cast<uint32_t>(std::min<uint64_t>(*wanted, plugin.max_batch != 0 ? plugin.max_batch : UINT32_MAX));
}

Result<void> check_demands(const Schema& schema, uint32_t needs) {
  if (auto ok = check_cost(schema.cost, schema); !ok) return ok;
  if (!schema.batch.empty()) {
    const Schema* option = property(schema, schema.batch);
    if (!option || option->type != SchemaType::integer)
      return wrong(fmt::format("batch names '{}', which is no whole number among the options", schema.batch));
  }
  if (schema.variants.is_null()) return {};
  if (!schema.variants.object()) return wrong("variants is not an object");
  for (const Value::Member& by_option : *schema.variants.object()) {
    const Schema* option = property(schema, by_option.key);
    const bool words = option && (option->type == SchemaType::text || option->format == Format::ports);
    if (!words || option->choices.empty())
      return wrong(fmt::format("variants names '{}', which is no option with an enum of texts", by_option.key));
    if (!by_option.value.object()) return wrong(fmt::format("variants of '{}' is not an object", by_option.key));
    for (const Value::Member& variant : *by_option.value.object()) {
      const std::string name = by_option.key + ": " + variant.key;
      if (std::none_of(option->choices.begin(), option->choices.end(),
                       [&](const Value& c) { return c.text() && *c.text() == variant.key; }))
        return wrong(fmt::format("the variant {} is no choice of that option", name));
      if (auto ok = check_variant(name, variant.value, schema, needs); !ok) return ok;
    }
  }
  return {};
}

}  // namespace sonde::core
