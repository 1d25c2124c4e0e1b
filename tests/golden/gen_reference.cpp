// Prints the reference part of docs/pipelines.md: one table of every key of the file and of every option of the plugins
// in the directories given, from the schemas that the command itself checks with. With --plugin ID first: only the
// table of that plugin, for its README. With --fields alone: the well-known fields as plugins declare them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "config/pipeline_spec.hpp"
#include "config/schema.hpp"
#include "inventory/fields.hpp"
#include "plugins/registry.hpp"

namespace sonde::core {
namespace {

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void print_row(const std::string& name, const Schema& s, bool required) {
  const std::string fallback = required          ? "required"
                               : s.default_value ? fmt::format("`{}`", display(*s.default_value, s))
                                                 : "";
  fmt::print("| `{}` | {} | {} | {} |\n", name, s.type == SchemaType::object ? "a mapping" : expectation(s), fallback,
             cell(s.description));
}

void print_members(const Schema& s, const std::string& prefix) {
  for (const auto& [name, member] : s.properties) {
    const bool required = std::find(s.required.begin(), s.required.end(), name) != s.required.end();
    print_row(prefix + name, member, required);
    print_members(member, prefix + name + ".");
    if (member.items) print_members(*member.items, prefix + name + "[].");
    for (const Schema& alternative : member.any_of) {
      if (!alternative.items) continue;
      for (const Schema& entry : alternative.items->any_of) print_members(entry, prefix + name + "[].");
    }
  }
}

void print_rules(const Schema& s) {
  const auto rules = rule_texts(s);
  if (!rules.empty()) fmt::print("\nWhat goes with what:\n\n");
  for (const std::string& rule : rules) fmt::print("- {}\n", rule);
}

int print_plugin(const PluginEntry& plugin) {
  if (plugin.schema.properties.empty()) {
    fmt::print("It has no options.\n");
    return 0;
  }
  fmt::print("| option | value | default | what it does |\n| --- | --- | --- | --- |\n");
  print_members(plugin.schema, "");
  print_rules(plugin.schema);
  return 0;
}

struct TypeNames {
  const char *cpp, *c;
};
constexpr std::array<TypeNames, SONDE_JSON + 1> type_names = {{{"sonde::Any", "SONDE_NULL"},
                                                               {"bool", "SONDE_BOOL"},
                                                               {"int64_t", "SONDE_I64"},
                                                               {"uint64_t", "SONDE_U64"},
                                                               {"double", "SONDE_F64"},
                                                               {"std::string_view", "SONDE_TEXT"},
                                                               {"sonde::Bytes", "SONDE_BYTES"},
                                                               {"sonde::Ip", "SONDE_IP"},
                                                               {"sonde::Time", "SONDE_TIME"},
                                                               {"sonde::Json", "SONDE_JSON"}}};
constexpr std::array<TypeNames, SONDE_MAP + 1> shape_names = {
    {{"sonde::Scalar", "SONDE_SCALAR"}, {"sonde::List", "SONDE_LIST"}, {"sonde::Map", "SONDE_MAP"}}};

int print_fields() {
  const FieldTable fields;
  fmt::print("| field | in C++ | in C | what it says |\n| --- | --- | --- | --- |\n");
  for (FieldId id = 0; id < FieldTable::well_known_count; ++id) {
    const Field& field = fields[id];
    const TypeNames type = type_names.at(field.type), shape = shape_names.at(field.shape);
    fmt::print("| `{}` | `{}<{}>` | `{}, {}` | {}{}{} |\n", field.name, shape.cpp, type.cpp, type.c, shape.c,
               cell(field.help), field.detail ? "; for detail" : "",
               id == FieldTable::ip || id == FieldTable::evidence ? "; sonde alone writes it" : "");
  }
  return 0;
}

constexpr const char* head = "| name | value | default | what it does |\n| --- | --- | --- | --- |\n";

int run(std::vector<std::string> arguments) {
  if (arguments == std::vector<std::string>{"--fields"}) return print_fields();
  std::string only;
  if (arguments.size() > 1 && arguments[0] == "--plugin") {
    only = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  Registry registry;
  registry.scan({arguments, false});
  for (const auto& refusal : registry.refusals()) {
    fmt::print(stderr, "gen_reference: {}: {}\n", refusal.file, refusal.why.text);
    return 1;
  }
  if (!only.empty()) {
    for (const PluginEntry* plugin : registry.all())
      if (plugin->id == only) return print_plugin(*plugin);
    fmt::print(stderr, "gen_reference: no plugin '{}'\n", only);
    return 1;
  }
  const auto file = parse_core_schema(pipeline_schema());
  if (!file) {
    fmt::print(stderr, "gen_reference: {}\n", file.error().text);
    return 1;
  }
  fmt::print("### Keys of the file\n\n{}", head);
  print_members(*file, "");
  for (const PluginEntry* plugin : registry.all()) {
    fmt::print("\n### Options of `{0}` ({1})\n\n`{0}`: {2}.\n", plugin->id, to_string(plugin->kind), plugin->summary);
    if (plugin->schema.properties.empty()) {
      fmt::print("It has no options.\n");
      continue;
    }
    fmt::print("\n{}", head);
    print_members(plugin->schema, "");
    print_rules(plugin->schema);
  }
  return 0;
}

}  // namespace
}  // namespace sonde::core

int main(int count, char** arguments) {
  return sonde::core::run(std::vector<std::string>(arguments + 1, arguments + count));
}
