// Draft 07, as editors and validators know it best.
#include "cli/schemas.hpp"

#include <sonde/plugin.h>

#include <initializer_list>

#include "inventory/run_document.hpp"

namespace sonde::core::cli {
namespace {

Value object(std::initializer_list<std::pair<const char*, Value>> members) {
  Value out{Value::Object{}};
  for (const auto& [key, value] : members) out.set(key, value);
  return out;
}

Value typed(const char* type) {
  return object({{"type", Value(type)}});
}

Value whole_number() {
  return object({{"type", Value("integer")}, {"minimum", Value(int64_t{0})}});
}

Value list_of(Value items) {
  return object({{"type", Value("array")}, {"items", std::move(items)}});
}

Value map_to(Value values) {
  return object({{"type", Value("object")}, {"additionalProperties", std::move(values)}});
}

Value scalar_schema(const Field& field) {
  switch (field.type) {
    case SONDE_BOOL:
      return typed("boolean");
    case SONDE_I64:
      return typed("integer");
    case SONDE_U64:
      return whole_number();
    case SONDE_F64:
      return typed("number");
    case SONDE_TEXT:
    case SONDE_BYTES:
    case SONDE_IP:
    case SONDE_TIME:
      return typed("string");
    default:
      return Value(Value::Object{});  // any, or JSON: nothing can be said
  }
}

Value field_schema(const Field& field) {
  Value schema = scalar_schema(field);
  if (field.shape == SONDE_LIST) {
    schema = list_of(std::move(schema));
    schema.set("uniqueItems", Value(true));
  } else if (field.shape == SONDE_MAP) {
    schema = map_to(std::move(schema));
  }
  if (!field.help.empty()) schema.set("description", Value(field.help));
  return schema;
}

Value root(const char* title, const char* description, Value body) {
  Value out = object({{"$schema", Value("http://json-schema.org/draft-07/schema#")},
                      {"title", Value(title)},
                      {"description", Value(description)}});
  for (const Value::Member& member : *body.object()) out.set(member.key, member.value);
  return out;
}

Value closed(Value properties, std::initializer_list<const char*> required) {
  Value::Array names;
  for (const char* name : required) names.emplace_back(name);
  return object({{"type", Value("object")},
                 {"properties", std::move(properties)},
                 {"required", Value(std::move(names))},
                 {"additionalProperties", Value(false)}});
}

}  // namespace

Value record_schema(const FieldTable& fields) {
  Value properties{Value::Object{}};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[static_cast<FieldId>(i)];
    const auto dot = field.name.find('.');
    if (dot == std::string::npos) {
      properties.set(field.name, field_schema(field));
      continue;
    }
    // "tls.subject" is exported as {"tls":{"subject":...}}.
    const std::string owner = field.name.substr(0, dot);
    if (properties.find(owner) == nullptr)
      properties.set(owner, object({{"type", Value("object")},
                                    {"properties", Value(Value::Object{})},
                                    {"additionalProperties", Value(false)}}));
    properties.find(owner)->find("properties")->set(field.name.substr(dot + 1), field_schema(field));
  }
  return root("sonde record", "One host of an inventory. Unknown fields are left out.",
              closed(std::move(properties), {"ip"}));
}

Value run_schema() {
  const Value text = typed("string"), flag = typed("boolean"), count = whole_number();
  Value outcomes{Value::Object{}};
  for (auto o = static_cast<uint8_t>(Outcome::none); o <= last_outcome; ++o)
    outcomes.set(outcome_key(static_cast<Outcome>(o)), count);
  const Value stage = closed(object({{"name", text},
                                     {"plugin", text},
                                     {"version", text},
                                     {"outcomes", object({{"type", Value("object")},
                                                          {"properties", std::move(outcomes)},
                                                          {"additionalProperties", Value(false)}})},
                                     {"unavailable", text},
                                     {"ports", text},
                                     {"left_out", list_of(text)},
                                     {"fields", list_of(text)},
                                     {"asks_servers", flag},
                                     {"unknown", list_of(text)},
                                     {"adaptive", flag},
                                     {"postponed", count},
                                     {"dropped_receive", count},
                                     {"queue_full", count},
                                     {"asked_again", count},
                                     {"in_doubt", count},
                                     {"errors", map_to(count)}}),
                             {"name", "plugin", "version", "outcomes"});
  const Value record = typed("object");
  const Value changed = closed(
      object({{"ip", text},
              {"fields",
               list_of(closed(
                   object({{"field", text}, {"before", Value(Value::Object{})}, {"after", Value(Value::Object{})}}),
                   {"field", "before", "after"}))}}),
      {"ip", "fields"});
  const Value delta = closed(object({{"new", list_of(record)},
                                     {"gone", list_of(record)},
                                     {"changed", list_of(changed)},
                                     {"not_scanned", list_of(text)},
                                     {"not_scanned_before", list_of(text)},
                                     {"partly_scanned", list_of(text)},
                                     {"compared_with", text},
                                     {"stages_missing", list_of(text)},
                                     {"ports_not_compared", text},
                                     {"ports_not_asked", list_of(text)},
                                     {"fields_not_known", list_of(text)},
                                     {"coverage_unknown", flag}}),
                             {"new", "gone", "changed"});
  const std::pair<const char*, Value> known[] = {
      {"run_id", text},
      {"pipeline", text},
      {"plan_hash", text},
      {"sonde_version", text},
      {"seed", text},
      {"started", text},
      {"ended", text},
      {"complete", flag},
      {"why_incomplete", text},
      {"scope", list_of(text)},
      {"exclusions", list_of(text)},
      {"targets", count},
      {"settled", count},
      {"packets", count},
      {"responding", count},
      {"dropped_receive", count},
      {"slowed_to", count},
      {"stages", list_of(stage)},
      {"not_covered", list_of(closed(object({{"what", text}, {"reason", text}}), {"what", "reason"}))},
      {"partly_scanned", list_of(text)},
      {"outputs", list_of(text)},
      {"merged_from", list_of(text)},
      {"delta", delta}};
  Value properties{Value::Object{}};
  for (const auto& [name, schema] : known) properties.set(name, schema);
  return root("sonde run document", "What a run was, what it covered, what not and why.",
              closed(std::move(properties), {"run_id", "complete", "targets", "settled", "stages"}));
}

}  // namespace sonde::core::cli
