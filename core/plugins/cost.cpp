// Cost expressions: checked once when the plugin is loaded, evaluated for each stage of a plan.
#include "plugins/cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "config/scalar.hpp"

namespace sonde::core {
namespace {

constexpr int max_depth = 4;
constexpr std::array<std::string_view, 8> expressions = {"silent", "alive",      "most",        "open_ended",
                                                         "wait",   "alive_wait", "connections", "deadline"};

uint64_t saturating_add(uint64_t a, uint64_t b) {
  uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

uint64_t saturating_multiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

uint64_t amount_of(const Value& v) {
  if (const bool* b = v.boolean()) return *b ? 1 : 0;
  if (const auto n = natural(v)) return *n;
  if (const double* d = v.real()) return *d > 0 && *d < 1e18 ? static_cast<uint64_t>(std::ceil(*d)) : 0;
  if (const Value::Array* a = v.array()) return a->size();
  if (const std::string* text = v.text()) return text->empty() ? 0 : 1;
  return 0;
}

/// The list in {"first": [...]}, or nullptr.
const Value::Array* choices_of(const Value& expression) {
  const Value::Object* members = expression.object();
  return members && members->size() == 1 && members->front().key == "first" ? members->front().value.array() : nullptr;
}

uint64_t evaluate(const Value& expression, const Value& options, int depth) {
  if (depth > max_depth) return 0;
  if (const std::string* name = expression.text()) {
    const Value* option = options.find(*name);
    return option ? amount_of(*option) : 0;
  }
  if (const Value::Array* choices = choices_of(expression)) {
    for (const Value& choice : *choices)
      if (const uint64_t amount = evaluate(choice, options, depth + 1); amount != 0) return amount;
    return 0;
  }
  const Value::Array* factors = expression.array();
  if (!factors) return amount_of(expression);
  if (factors->empty()) return 0;
  bool sum = std::any_of(factors->begin(), factors->end(), [](const Value& v) { return v.array() != nullptr; });
  uint64_t total = sum ? 0 : 1;
  for (const Value& factor : *factors) {
    uint64_t value = evaluate(factor, options, depth + 1);
    total = sum ? saturating_add(total, value) : saturating_multiply(total, value);
  }
  return total;
}

bool countable(SchemaType type) {
  return type != SchemaType::object;
}

Result<void> check_expression(std::string_view member, const Value& e, const Schema& schema, int depth) {
  if (depth > max_depth) return failure("plugin-schema", fmt::format("cost '{}' is nested too deeply", member));
  if (const std::string* name = e.text()) {
    auto found = std::find_if(schema.properties.begin(), schema.properties.end(),
                              [&](const Schema::Property& p) { return p.name == *name; });
    if (found == schema.properties.end())
      return failure("plugin-schema", fmt::format("cost '{}' names '{}', which is no option", member, *name));
    if (!countable(found->schema.type))
      return failure("plugin-schema",
                     fmt::format("cost '{}' names '{}', which has neither a number nor a length", member, *name));
    return {};
  }
  const Value::Array* choices = choices_of(e);
  if (const Value::Array* factors = choices ? choices : e.array()) {
    for (const Value& factor : *factors)
      if (auto ok = check_expression(member, factor, schema, depth + 1); !ok) return ok;
    return {};
  }
  if (e.unsigned_integer() || (e.integer() && *e.integer() >= 0) || (e.real() && *e.real() >= 0)) return {};
  return failure(
      "plugin-schema",
      fmt::format("cost '{}' may hold numbers from 0, names of options, lists of those, and {{\"first\": [...]}}",
                  member));
}

}  // namespace

uint64_t evaluate_cost(const Value& expression, const Value& options) {
  return evaluate(expression, options, 0);
}

Result<void> check_cost(const Value& cost, const Schema& schema) {
  if (cost.is_null()) return {};
  if (!cost.object()) return failure("plugin-schema", "the cost in x-sonde is not an object");
  for (const Value::Member& member : *cost.object()) {
    if (member.key == "spared_by") {
      if (!member.value.text() || member.value.text()->empty())
        return failure("plugin-schema", "the cost's spared_by is not the name of an input");
      continue;
    }
    if (member.key == "in_turn") {
      if (!member.value.boolean()) return failure("plugin-schema", "the cost's in_turn is neither true nor false");
      continue;
    }
    if (std::find(expressions.begin(), expressions.end(), member.key) == expressions.end())
      return failure("plugin-schema", fmt::format("the cost has a member '{}'; known are {}, spared_by, in_turn",
                                                  member.key, join({expressions.begin(), expressions.end()}, ", ")));
    if (auto ok = check_expression(member.key, member.value, schema, 0); !ok) return ok;
  }
  return {};
}

}  // namespace sonde::core
