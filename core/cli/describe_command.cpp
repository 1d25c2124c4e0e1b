// sonde describe PLUGIN: everything its descriptor says, and a sample to copy.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/capabilities.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/table.hpp"

namespace sonde::core::cli {
namespace {

std::string default_text(const Schema& schema) {
  return schema.default_value ? display(*schema.default_value, schema) : std::string();
}

void add_options(Table& table, const Schema& schema, const std::string& prefix) {
  for (const Schema::Property& property : schema.properties) {
    const bool required =
        std::find(schema.required.begin(), schema.required.end(), property.name) != schema.required.end();
    table.add({prefix + property.name, expectation(property.schema),
               required ? "required" : default_text(property.schema), property.schema.description});
    if (property.schema.type == SchemaType::object) add_options(table, property.schema, prefix + property.name + ".");
    if (property.schema.items) add_options(table, *property.schema.items, prefix + property.name + "[].");
  }
}

std::string field_type(const FieldInfo& f) {
  constexpr std::string_view types[] = {"any", "bool", "i64", "u64", "f64", "text", "bytes", "ip", "time", "json"};
  const std::string type(f.type < std::size(types) ? types[f.type] : "unknown");
  if (f.shape == SONDE_LIST) return "list of " + type;
  if (f.shape == SONDE_MAP) return "map to " + type;
  return type;
}

void print_fields(const char* title, const std::vector<FieldInfo>& fields, std::size_t width) {
  if (fields.empty()) return;
  Table table({{"  FIELD"}, {"TYPE"}, {""}, {"", Table::Align::left, true}});
  for (const FieldInfo& f : fields)
    table.add({"  " + f.name, field_type(f),
               (f.flags & SONDE_F_DETAIL) != 0     ? "detail"
               : (f.flags & SONDE_F_REQUIRED) != 0 ? "always"
                                                   : "",
               f.help});
  print(std::string("\n") + title + "\n" + table.render(width, false));
}

std::string sample(const PluginEntry& plugin) {
  std::string options;
  for (const Schema::Property& property : plugin.schema.properties) {
    const bool required = std::find(plugin.schema.required.begin(), plugin.schema.required.end(), property.name) !=
                          plugin.schema.required.end();
    if (property.schema.format == Format::secret) {
      std::string variable = property.name;
      std::transform(variable.begin(), variable.end(), variable.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      // Which of several secrets somebody has, nobody can say: those that may be left out are only shown.
      options += (required ? "      " : "      # ") + property.name + ": \"${" + variable + ":?set it in .env}\"\n";
    } else if (required || property.schema.default_value) {
      const std::string text = required ? "..." : default_text(property.schema);
      if (!text.empty()) options += "      " + property.name + ": " + text + "\n";
    }
  }
  const char* key = plugin.kind == PluginKind::exporter ? "outputs"
                    : plugin.kind == PluginKind::source ? "targets"
                                                        : "stages";
  return fmt::format("{}:\n  - use: {}\n{}{}", key, plugin.id, options.empty() ? "" : "    options:\n", options);
}

Value field_values(const std::vector<FieldInfo>& fields) {
  Value::Array out;
  for (const FieldInfo& f : fields) {
    Value one{Value::Object{}};
    one.set("name", Value(f.name));
    one.set("type", Value(field_type(f)));
    one.set("detail", Value((f.flags & SONDE_F_DETAIL) != 0));
    one.set("required", Value((f.flags & SONDE_F_REQUIRED) != 0));
    one.set("help", Value(f.help));
    out.push_back(std::move(one));
  }
  return Value(std::move(out));
}

Value describe_value(const PluginEntry& p) {
  Value out{Value::Object{}};
  for (const auto& [key, text] : {std::pair<const char*, std::string>{"kind", std::string(to_string(p.kind))},
                                  {"id", p.id},
                                  {"version", p.version},
                                  {"summary", p.summary},
                                  {"license", p.license},
                                  {"url", p.url},
                                  {"library", p.library},
                                  {"needs", describe_needs(p.needs)}})
    out.set(key, Value(text));
  out.set("blocking", Value(p.kind == PluginKind::probe && p.blocking()));
  out.set("inputs", field_values(p.inputs));
  out.set("outputs", field_values(p.outputs));
  out.set("options_schema", parse_json(p.schema_text).value_or(Value()));
  return out;
}

void print_text(const PluginEntry& p) {
  const std::size_t width = stdout_is_terminal() ? terminal_width(STDOUT_FILENO) : 0;
  print(
      fmt::format("{} {} ({}): {}\n", printable(p.id), printable(p.version), to_string(p.kind), printable(p.summary)));
  print(fmt::format("  needs    {}\n  library  {}\n", describe_needs(p.needs), printable(p.library)));
  if (!p.license.empty()) print(fmt::format("  licence  {}\n", printable(p.license)));
  if (!p.url.empty()) print(fmt::format("  url      {}\n", printable(p.url)));
  if (p.kind == PluginKind::probe)
    print(fmt::format("  style    {}, at most {} hosts at once\n",
                      p.blocking() ? "blocking, one instance a worker" : "asynchronous, one instance a shard",
                      p.max_in_flight == 0 ? "any number of" : std::to_string(p.max_in_flight)));

  Table options({{"  OPTION"},
                 {"VALUE", Table::Align::left, true},
                 {"DEFAULT", Table::Align::left, true},
                 {"", Table::Align::left, true}});
  add_options(options, p.schema, "  ");
  if (!options.empty()) print("\nOptions\n" + options.render(width, false));
  const std::vector<std::string> rules = rule_texts(p.schema);
  if (!rules.empty()) print("\nRules\n");
  for (const std::string& rule : rules) print("  " + printable(rule) + "\n");
  print_fields("Reads", p.inputs, width);
  print_fields("Writes", p.outputs, width);
  print("\nSample\n" + printable_lines(sample(p)));
}

/// A library of that name that was refused says why; else what there is instead, of whatever kind.
Diagnostic explain(const Registry& registry, const std::string& id) {
  for (const PluginKind kind : {PluginKind::probe, PluginKind::exporter, PluginKind::source})
    if (Diagnostic why = registry.explain_missing(kind, id, {}); why.id != "plugin-missing") return why;
  std::vector<std::string_view> ids;
  for (const PluginEntry* p : registry.all()) ids.push_back(p->id);
  const std::string_view near = did_you_mean(id, ids);
  return {
      "plugin-missing", fmt::format("there is no plugin '{}'", printable(id)),
      (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) +
          (ids.empty() ? "none is installed; `sonde list` says where it looks" : "plugins here: " + join(ids, ", "))};
}

}  // namespace

int execute(const DescribeArguments& arguments) {
  Registry registry;
  registry.scan_with_trial(default_search_path(arguments.plugin_path));
  std::vector<const PluginEntry*> found;  // one id may name a probe and a source
  for (const PluginEntry* p : registry.all())
    if (p->id == arguments.plugin) found.push_back(p);
  if (found.empty()) {
    const Diagnostic why = explain(registry, arguments.plugin);
    print_error(render(why, colour_on_stderr()));
    return static_cast<int>(message(why.id).exit);
  }
  Value::Array values;
  for (const PluginEntry* p : found) {
    if (arguments.json) {
      values.push_back(describe_value(*p));
    } else {
      if (p != found.front()) print("\n");
      print_text(*p);
    }
  }
  if (arguments.json) print(to_json(Value(std::move(values)), 2) + "\n");
  return 0;
}

}  // namespace sonde::core::cli
