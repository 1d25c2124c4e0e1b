// From the schema language to plain JSON Schema: formats become patterns, and interpolation is allowed for.
#include "config/json_schema.hpp"

#include <algorithm>
#include <tuple>

#include "config/option_rules.hpp"
#include "config/pipeline_spec.hpp"
#include "config/scalar.hpp"

namespace sonde::core {
namespace {

using Object = Value::Object;
using Array = Value::Array;

Value object(std::initializer_list<std::pair<const char*, Value>> members) {
  Value v{Object{}};
  for (const auto& [key, value] : members) v.set(key, value);
  return v;
}

Value list(std::initializer_list<Value> entries) {
  return Value(Array(entries));
}

Value reference(const char* name) {
  return object({{"$ref", Value(std::string("#/definitions/") + name)}});
}

Value pattern(const char* regex) {
  return object({{"type", "string"}, {"pattern", regex}});
}

/// Some units of a bound have no text in JSON Schema; only plain numbers keep theirs.
Value number_schema(const Schema& s, const char* type) {
  Value v = object({{"type", type}});
  const auto bound = [&](const char* word, const std::optional<double>& limit) {
    if (!limit) return;
    const auto whole = static_cast<int64_t>(*limit);
    v.set(word, static_cast<double>(whole) == *limit ? Value(whole) : Value(*limit));
  };
  bound("minimum", s.minimum);
  bound("maximum", s.maximum);
  return v;
}

Value or_interpolated(Value v) {
  return object({{"anyOf", list({std::move(v), reference("interpolated")})}});
}

Value body(const Schema& s);

Value object_schema(const Schema& s) {
  Value v = object({{"type", list({"object", "null"})}});
  if (s.open) return v;
  v.set("additionalProperties", false);
  if (!s.required.empty()) {
    Array names;
    for (const auto& name : s.required) names.emplace_back(name);
    v.set("required", Value(std::move(names)));
  }
  Value properties{Object{}};
  for (const auto& p : s.properties) properties.set(p.name, editor_schema(p.schema));
  v.set("properties", std::move(properties));
  if (!s.rules.empty()) v.set("allOf", editor_rules(s));
  return v;
}

Value array_schema(const Schema& s) {
  Value v = object({{"type", list({"array", "null"})}});
  if (s.items) v.set("items", editor_schema(*s.items));
  if (s.min_items) v.set("minItems", Value(*s.min_items));
  if (s.max_items) v.set("maxItems", Value(*s.max_items));
  return v;
}

/// What a variable holds may be longer or shorter than its name.
Value text_schema(const Schema& s) {
  Value v = object({{"type", "string"}});
  if (s.min_length) v.set("minLength", Value(*s.min_length));
  if (s.max_length) v.set("maxLength", Value(*s.max_length));
  return s.min_length || s.max_length ? or_interpolated(std::move(v)) : v;
}

Value format_schema(Format format) {
  switch (format) {
    case Format::duration:
      return reference("duration");
    case Format::bytes:
      return reference("bytes");
    case Format::ports:
      return reference("ports");
    default:
      return object({{"type", "string"}});
  }
}

/// A word that is a whole number may be written without quotes.
Array with_numbers(const Schema& s) {
  Array words = s.choices;
  if (s.type != SchemaType::text) return words;
  for (const Value& choice : s.choices) {
    const Value number = choice.text() ? type_plain_scalar(*choice.text()) : Value();
    if (natural(number) && to_json(number) == *choice.text()) words.push_back(number);
  }
  return words;
}

Value body(const Schema& s) {
  if (!s.any_of.empty()) {
    Array alternatives;
    for (const Schema& alternative : s.any_of) alternatives.push_back(editor_schema(alternative));
    return object({{"anyOf", Value(std::move(alternatives))}});
  }
  if (!s.choices.empty() && s.format == Format::ports)
    return object({{"anyOf", list({reference("ports"), object({{"enum", Value(s.choices)}})})}});
  if (!s.choices.empty()) return or_interpolated(object({{"enum", Value(with_numbers(s))}}));
  if (s.format == Format::secret) return text_schema(s);
  if (s.format != Format::none) return format_schema(s.format);
  switch (s.type) {
    case SchemaType::object:
      return object_schema(s);
    case SchemaType::array:
      return or_interpolated(array_schema(s));
    case SchemaType::boolean:
      return or_interpolated(object({{"type", "boolean"}}));
    case SchemaType::integer:
      return or_interpolated(number_schema(s, "integer"));
    case SchemaType::number:
      return or_interpolated(number_schema(s, "number"));
    case SchemaType::text:
      return text_schema(s);
    case SchemaType::any:
      break;
  }
  return Value(Object{});
}

Value definitions() {
  return object(
      {{"interpolated", pattern(R"(\$\{)")},
       {"duration", object({{"anyOf", list({pattern(R"(^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d)|0)$|\$\{)"),
                                            object({{"enum", list({int64_t{0}})}})})}})},
       {"bytes", object({{"anyOf", list({pattern(R"(^[0-9]+(\.[0-9]+)?([KMGT]iB|[kKMGT]?B)?$|\$\{)"),
                                         object({{"type", "integer"}, {"minimum", int64_t{0}}})})}})},
       {"port",
        object(
            {{"anyOf", list({pattern(R"(^[0-9, -]+$|\$\{)"),
                             object({{"type", "integer"}, {"minimum", int64_t{1}}, {"maximum", int64_t{65535}}})})}})},
       {"ports",
        object({{"anyOf", list({reference("port"), object({{"type", "array"}, {"items", reference("port")}})})}})}});
}

/// `use` names one of the known plugins or another; with a known one, `options` are its options.
void bind_plugins(Value& entry, const std::vector<PluginOptions>& plugins, PluginRole role) {
  Array ids, rules;
  for (const PluginOptions& plugin : plugins) {
    if (plugin.role != role) continue;
    ids.emplace_back(plugin.id);
    const Value is_it = object(
        {{"required", list({"use"})}, {"properties", object({{"use", object({{"enum", list({Value(plugin.id)})}})}})}});
    Value options = editor_schema(*plugin.schema);
    options.set("description", Value(plugin.summary));
    Value then = object({{"properties", object({{"options", std::move(options)}})}});
    if (!plugin.schema->required.empty()) then.set("required", list({"options"}));
    rules.push_back(object({{"if", is_it}, {"then", std::move(then)}}));
  }
  if (ids.empty()) return;
  Value* use = entry.find("properties")->find("use");
  use->set("anyOf", list({object({{"enum", Value(std::move(ids))}}), object({{"type", "string"}})}));
  entry.set("allOf", Value(std::move(rules)));
}

Value* below(Value& v, std::initializer_list<const char*> path) {
  Value* at = &v;
  for (const char* key : path) at = at == nullptr ? nullptr : at->find(key);
  return at;
}

}  // namespace

Value editor_schema(const Schema& s) {
  Value v = body(s);
  if (!s.description.empty()) v.set("description", Value(s.description));
  if (s.default_value) v.set("default", *s.default_value);
  return v;
}

std::string pipeline_json_schema(std::vector<PluginOptions> plugins) {
  std::sort(plugins.begin(), plugins.end(),
            [](const auto& a, const auto& b) { return std::tie(a.role, a.id) < std::tie(b.role, b.id); });
  const auto schema = parse_core_schema(pipeline_schema());
  if (!schema) return {};  // a test holds pipeline_schema() to its own language
  Value document = object({{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "sonde pipeline"}});
  Value shape = editor_schema(*schema);
  shape.set("type", "object");
  Value& properties = *shape.find("properties");
  properties.set("version", object({{"enum", list({int64_t{1}})}, {"description", "Version of the file format: 1."}}));
  // The list form of an array is the first alternative, beside ${...}; see or_interpolated().
  for (const auto& [key, role] : {std::pair{"stages", PluginRole::stage}, std::pair{"outputs", PluginRole::output}}) {
    bind_plugins(*below((*below(properties, {key, "anyOf"})->array())[0], {"items"}), plugins, role);
  }
  Value& target_list = (*below((*below(properties, {"targets", "anyOf"})->array())[1], {"anyOf"})->array())[0];
  bind_plugins((*below(target_list, {"items", "anyOf"})->array())[1], plugins, PluginRole::target);
  for (const auto& member : *shape.object()) document.set(member.key, member.value);
  document.set("definitions", definitions());
  return to_json(document, 2) + "\n";
}

}  // namespace sonde::core
