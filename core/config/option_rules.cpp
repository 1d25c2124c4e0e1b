#include "config/option_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "config/schema_property.hpp"

namespace sonde::core {
namespace {

using Kind = OptionRule::Kind;

bool read_names(const Value* value, std::vector<std::string>& out) {
  const Value::Array* names = value != nullptr ? value->array() : nullptr;
  if (names == nullptr || names->empty()) return false;
  for (const Value& name : *names) {
    if (name.text() == nullptr) return false;
    out.push_back(*name.text());
  }
  return true;
}

constexpr const char* shapes =
    "a rule is {\"required\": [..]} behind an \"if\", {\"anyOf\": [{\"required\": [..]}, ..]} or {\"not\": "
    "{\"required\": [..]}}, and may have a description";

/// The part of a rule that says what must hold.
bool read_demand(const Value& v, OptionRule& out) {
  if (const Value* required = v.find("required")) {
    out.kind = Kind::needs_all;
    return read_names(required, out.names);
  }
  if (const Value* negated = v.find("not")) {
    out.kind = Kind::not_together;
    return negated->object() && negated->object()->size() == 1 && read_names(negated->find("required"), out.names);
  }
  const Value* choices = v.find("anyOf");
  out.kind = Kind::needs_one;
  if (choices == nullptr || choices->array() == nullptr || choices->array()->empty()) return false;
  return std::all_of(choices->array()->begin(), choices->array()->end(), [&](const Value& one) {
    const std::size_t before = out.names.size();
    return one.object() && one.object()->size() == 1 && read_names(one.find("required"), out.names) &&
           out.names.size() == before + 1;
  });
}

/// {"properties": {"mode": {"enum": ["import"]}}}
bool read_condition(const Value& v, OptionRule& out) {
  const Value* properties = v.object() && v.object()->size() == 1 ? v.find("properties") : nullptr;
  if (properties == nullptr || !properties->object() || properties->object()->size() != 1) return false;
  const auto& [name, where, node] = properties->object()->front();
  const Value* values = node.object() && node.object()->size() == 1 ? node.find("enum") : nullptr;
  if (values == nullptr || !values->array() || values->array()->empty()) return false;
  out.option = name;
  out.values = *values->array();
  return true;
}

std::string read_rule(const Value& v, OptionRule& out) {
  if (v.object() == nullptr) return shapes;
  std::size_t words = v.object()->size();
  if (const Value* why = v.find("description")) {
    if (why->text() == nullptr) return "the description of a rule is not text";
    out.why = *why->text();
    --words;
  }
  const Value* condition = v.find("if");
  if (condition == nullptr) return words == 1 && v.find("required") == nullptr && read_demand(v, out) ? "" : shapes;
  if (!read_condition(*condition, out)) return "an \"if\" is {\"properties\": {NAME: {\"enum\": [..]}}}";
  const Value* then = v.find("then");
  const bool whole = words == 2 && then != nullptr && then->object() && then->object()->size() == 1;
  return whole && read_demand(*then, out) ? "" : std::string("behind \"then\" ") + shapes;
}

std::string value_text(const Value& v) {
  return v.text() != nullptr ? printable(*v.text()) : to_json(v);
}

std::string joined(const std::vector<std::string>& names, const char* last, const char* quote) {
  std::string text;
  for (const std::string& name : names) {
    if (&name != &names.front()) text += &name == &names.back() ? last : ", ";
    text += quote + name + quote;
  }
  return text;
}

/// "mode: import", or the name alone.
std::string condition_text(const OptionRule& rule) {
  if (rule.values.empty()) return rule.option;
  std::string text = rule.option + ": ";
  for (const Value& v : rule.values) text += (&v == &rule.values.front() ? "" : " or ") + value_text(v);
  return text;
}

class RuleChecker {
 public:
  RuleChecker(const RuledObject& object, const Schema& schema, Diagnostics& out)
      : object_(object), schema_(schema), out_(out) {}

  void check(const OptionRule& rule) const {
    if (!holds(rule)) return;
    switch (rule.kind) {
      case Kind::needs_all:
        for (const std::string& name : rule.names)
          if (!satisfied(name)) missing(rule, fmt::format("the {} '{}'", object_.noun, name), name);
        return;
      case Kind::needs_one:
        if (std::none_of(rule.names.begin(), rule.names.end(), [&](const auto& name) { return satisfied(name); }))
          missing(rule, fmt::format("one of the {}s {}", object_.noun, joined(rule.names, " or ", "'")), "");
        return;
      case Kind::not_together:
        if (std::all_of(rule.names.begin(), rule.names.end(), object_.given)) conflict(rule);
    }
  }

 private:
  bool holds(const OptionRule& rule) const {
    if (rule.option.empty()) return true;
    if (rule.values.empty()) return object_.given(rule.option);
    const Value* value = object_.effective.find(rule.option);
    return value != nullptr && !unknown(rule.option) &&
           std::any_of(rule.values.begin(), rule.values.end(),
                       [&](const Value& v) { return to_json(v) == to_json(*value); });
  }
  std::string condition(const OptionRule& rule) const {
    const Value* value = rule.values.empty() ? nullptr : object_.effective.find(rule.option);
    return value == nullptr ? fmt::format("'{}'", rule.option) : fmt::format("{}: {}", rule.option, value_text(*value));
  }
  bool unknown(const std::string& name) const {
    const Value* value = object_.written.find(name);
    return value != nullptr && value->unknown;
  }
  /// What was written and refused counts: that has been told.
  bool satisfied(const std::string& name) const {
    if (unknown(name)) return true;
    const Value* value = object_.effective.find(name);
    if (value == nullptr) return object_.given(name);
    return !value->is_null() && (!value->array() || !value->array()->empty());
  }
  SourceSpan place_of(const std::string& name) const {
    const Value::Object* members = object_.written.object();
    if (members != nullptr)
      for (const Value::Member& member : *members)
        // Who came by --set has no key in the file.
        if (member.key == name) return member.where.line != 0 ? member.where : member.value.where;
    return object_.written.where;
  }

  void missing(const OptionRule& rule, const std::string& what, const std::string& name) const {
    const std::string who =
        rule.option.empty() ? object_.subject : fmt::format("{}: {}", object_.subject, condition(rule));
    std::string hint = rule.why;
    if (const Schema* wanted = property(schema_, name); hint.empty() && wanted != nullptr)
      hint = fmt::format("{}: {}", name, wanted->description.empty() ? expectation(*wanted) : wanted->description);
    out_.error("missing-key", rule.option.empty() ? object_.written.where : place_of(rule.option),
               fmt::format("{} needs {}", who, what), std::move(hint));
  }

  /// At the one that was written last.
  void conflict(const OptionRule& rule) const {
    SourceSpan where = place_of(rule.names.front());
    for (const std::string& name : rule.names) {
      const SourceSpan other = place_of(name);
      if (std::tie(other.line, other.column) > std::tie(where.line, where.column)) where = other;
    }
    out_.error("option-conflict", where,
               fmt::format("{}: {} {}", object_.subject, joined(rule.names, " and ", "'"),
                           rule.option.empty()
                               ? "do not go together"
                               : (rule.names.size() > 1 ? "do not go with " : "does not go with ") + condition(rule)),
               rule.why.empty() ? "leave one of them out" : rule.why);
  }

  const RuledObject& object_;
  const Schema& schema_;
  Diagnostics& out_;
};

Value object(std::initializer_list<std::pair<const char*, Value>> members) {
  Value v{Value::Object{}};
  for (const auto& [key, value] : members) v.set(key, value);
  return v;
}

Value names_value(const std::vector<std::string>& names) {
  return Value(Value::Array(names.begin(), names.end()));
}

Value editor_demand(const OptionRule& rule) {
  switch (rule.kind) {
    case Kind::needs_all:
      return object({{"required", names_value(rule.names)}});
    case Kind::not_together:  // of no mapping at all, nothing is required
      return object({{"not", object({{"type", "object"}, {"required", names_value(rule.names)}})}});
    case Kind::needs_one:
      break;
  }
  Value::Array choices;
  for (const std::string& name : rule.names) choices.push_back(object({{"required", names_value({name})}}));
  return object({{"anyOf", Value(std::move(choices))}});
}

void add_rule_texts(const Schema& s, const std::string& path, std::vector<std::string>& out) {
  for (const OptionRule& rule : s.rules) out.push_back((path.empty() ? "" : path + ": ") + rule_text(rule));
  for (const Schema::Property& p : s.properties) {
    const std::string below = path.empty() ? p.name : path + "." + p.name;
    add_rule_texts(p.schema, below, out);
    if (p.schema.items) add_rule_texts(*p.schema.items, below + "[]", out);
  }
}

}  // namespace

std::string read_dependent_required(const Value& v, std::vector<OptionRule>& out) {
  if (v.object() == nullptr) return "dependentRequired is not an object";
  for (const Value::Member& member : *v.object()) {
    OptionRule rule;
    rule.option = member.key;
    if (!read_names(&member.value, rule.names)) return "dependentRequired has a member that is no list of names";
    out.push_back(std::move(rule));
  }
  return {};
}

std::string read_all_of(const Value& v, std::vector<OptionRule>& out) {
  if (v.array() == nullptr) return "allOf is not a list of rules";
  for (const Value& one : *v.array()) {
    OptionRule rule;
    if (std::string why = read_rule(one, rule); !why.empty()) return why;
    out.push_back(std::move(rule));
  }
  return {};
}

std::string check_rule_names(const Schema& s) {
  for (const OptionRule& rule : s.rules) {
    std::vector<std::string> names = rule.names;
    if (!rule.option.empty()) names.push_back(rule.option);
    for (const std::string& name : names)
      if (property(s, name) == nullptr) return fmt::format("a rule names '{}', which is no property", name);
    if (rule.values.empty()) continue;
    const Schema& option = *property(s, rule.option);
    const bool choosable = option.type == SchemaType::boolean || !option.choices.empty();
    if (!choosable)
      return fmt::format("a rule asks for values of '{}', which has no enum and is no boolean", rule.option);
    for (const Value& value : rule.values) {
      const bool possible = option.choices.empty()
                                ? value.boolean() != nullptr
                                : std::any_of(option.choices.begin(), option.choices.end(),
                                              [&](const Value& c) { return to_json(c) == to_json(value); });
      if (!possible) return fmt::format("a rule asks for a value that '{}' cannot have", rule.option);
    }
  }
  return {};
}

void check_rules(const RuledObject& object, const Schema& schema, Diagnostics& out) {
  const RuleChecker checker(object, schema, out);
  for (const OptionRule& rule : schema.rules) checker.check(rule);
}

Value editor_rules(const Schema& s) {
  Value::Array out;
  for (const OptionRule& rule : s.rules) {
    if (rule.option.empty()) {
      out.push_back(editor_demand(rule));
    } else if (rule.values.empty()) {
      out.push_back(object({{"dependencies", object({{rule.option.c_str(), names_value(rule.names)}})}}));
    } else {
      Value condition =
          object({{"properties", object({{rule.option.c_str(), object({{"enum", Value(rule.values)}})}})}});
      // JSON Schema takes what is absent for a match; here the default decides.
      const auto& fallback = property(s, rule.option)->default_value;
      const bool by_default = fallback && std::any_of(rule.values.begin(), rule.values.end(),
                                                      [&](const Value& v) { return to_json(v) == to_json(*fallback); });
      if (!by_default) condition.set("required", names_value({rule.option}));
      out.push_back(object({{"if", std::move(condition)}, {"then", editor_demand(rule)}}));
    }
    if (!rule.why.empty()) out.back().set("description", Value(rule.why));
  }
  return Value(std::move(out));
}

std::string rule_text(const OptionRule& rule) {
  const std::string condition = rule.option.empty() ? "" : condition_text(rule);
  std::string text;
  switch (rule.kind) {
    case Kind::needs_all:
      text = condition + " needs " + joined(rule.names, " and ", "");
      break;
    case Kind::needs_one:
      text = condition.empty() ? joined(rule.names, " or ", "") + " is needed"
                               : condition + " needs " + joined(rule.names, " or ", "");
      break;
    case Kind::not_together:
      text = condition.empty() ? joined(rule.names, " and ", "") + " do not go together"
                               : condition + " does not go with " + joined(rule.names, " and ", "");
  }
  return rule.why.empty() ? text : text + " (" + rule.why + ")";
}

std::vector<std::string> rule_texts(const Schema& s) {
  std::vector<std::string> out;
  add_rule_texts(s, "", out);
  return out;
}

}  // namespace sonde::core
