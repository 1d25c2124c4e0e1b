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
#include "cli/secret_variable.hpp"
#include "cli/table.hpp"
#include "inventory/type_names.hpp"

namespace sonde::core::cli {
namespace {

bool is_required(const Schema& schema, const std::string& option) {
  return std::find(schema.required.begin(), schema.required.end(), option) != schema.required.end();
}

/// What stands in for a default with a secret in it is a matter of the file, not of the schema.
std::string default_text(const Schema& schema) {
  return schema.default_value && !has_secret(schema) ? display(*schema.default_value, schema) : std::string();
}

struct Explained {
  std::string name, value, meaning;
};

void collect_options(std::vector<Explained>& to, const Schema& schema, const std::string& prefix) {
  for (const Schema::Property& property : schema.properties) {
    std::string value = expectation(property.schema);
    if (is_required(schema, property.name))
      value += "; required";
    else if (const std::string text = default_text(property.schema); !text.empty())
      value += "; default " + text;
    to.push_back({prefix + property.name, std::move(value), property.schema.description});
    if (property.schema.type == SchemaType::object) collect_options(to, property.schema, prefix + property.name + ".");
    if (property.schema.items) collect_options(to, *property.schema.items, prefix + property.name + "[].");
  }
}

/// What an option takes stands beside its name, what it means below: in columns, long texts would have no room.
std::string options_text(const Schema& schema, std::size_t width) {
  std::vector<Explained> options;
  collect_options(options, schema, "");
  std::size_t names = 0;
  for (const Explained& o : options) names = std::max(names, display_width(printable(o.name)));
  const std::size_t indent = std::min<std::size_t>(names, 24) + 4;
  const std::size_t room = std::max<std::size_t>(width, indent + 20) - indent;
  std::string out;
  for (const Explained& o : options) {
    std::string left = "  " + printable(o.name);
    const std::size_t columns = display_width(left);
    left += columns + 2 <= indent ? std::string(indent - columns, ' ') : "\n" + std::string(indent, ' ');
    for (const std::string* text : {&o.value, &o.meaning})
      for (const std::string& line : wrapped(printable(*text), room)) {
        out += left + line + "\n";
        left = std::string(indent, ' ');
      }
  }
  return out;
}

std::string rules_text(const Schema& schema, std::size_t width) {
  std::string out;
  for (const std::string& rule : rule_texts(schema)) {
    const char* indent = "  ";
    for (const std::string& line : wrapped(printable(rule), std::max<std::size_t>(width, 24) - 4)) {
      out += indent + line + "\n";
      indent = "    ";
    }
  }
  return out.empty() ? out : "\nRules\n" + out;
}

void print_fields(const char* title, const std::vector<FieldInfo>& fields, std::size_t width) {
  if (fields.empty()) return;
  Table table({{"  FIELD"}, {"TYPE"}, {""}, {"", Table::Align::left, true}});
  for (const FieldInfo& f : fields)
    table.add({"  " + f.name, type_name(f.type, f.shape),
               (f.flags & SONDE_F_DETAIL) != 0     ? "detail"
               : (f.flags & SONDE_F_REQUIRED) != 0 ? "always"
                                                   : "",
               f.help});
  print(std::string("\n") + title + "\n" + table.render(width, false));
}

/// "run: ports to ask" speaks of an option that matters with mode: run alone.
bool is_of(const Schema& option, const std::string& choice) {
  return option.description.starts_with(choice + ":");
}

/// One of the ways to use a plugin: `chosen` of the option `by`; both empty when it has but one way.
std::string sample(const PluginEntry& plugin, const std::string& by, const std::string& chosen,
                   const std::vector<std::string>& others) {
  std::string options;
  for (const Schema::Property& property : plugin.schema.properties) {
    const bool required = is_required(plugin.schema, property.name);
    const bool of_another =
        std::any_of(others.begin(), others.end(), [&](const std::string& o) { return is_of(property.schema, o); });
    if (of_another) continue;
    if (property.name == by) {
      options += "      " + by + ": " + chosen + "\n";
    } else if (property.schema.format == Format::secret) {
      // Which of several secrets somebody has, nobody can say: those that may be left out are only shown.
      options +=
          (required ? "      " : "      # ") + property.name + ": " + secret_variable(plugin.id, property.name) + "\n";
    } else if (const std::string text = default_text(property.schema); !required && !text.empty()) {
      options += "      " + property.name + ": " + text + "\n";
    } else if (required ||
               (!chosen.empty() && is_of(property.schema, chosen) && property.schema.format == Format::none &&
                property.schema.items && property.schema.items->format == Format::path)) {
      options += "      " + property.name + (property.schema.type == SchemaType::array ? ": [...]\n" : ": ...\n");
    }
  }
  const char* key = plugin.kind == PluginKind::exporter ? "outputs"
                    : plugin.kind == PluginKind::source ? "targets"
                                                        : "stages";
  return fmt::format("{}:\n  - use: {}\n{}{}", key, plugin.id, options.empty() ? "" : "    options:\n", options);
}

/// One sample for each way that the schema tells apart (x-sonde: variants).
std::string samples(const PluginEntry& plugin) {
  const Value::Object* variants = plugin.schema.variants.object();
  if (variants == nullptr || variants->empty()) return sample(plugin, "", "", {});
  const std::string& by = variants->front().key;
  std::vector<std::string> choices;
  for (const Schema::Property& property : plugin.schema.properties)
    if (property.name == by)
      for (const Value& choice : property.schema.choices)
        if (choice.text() != nullptr) choices.push_back(*choice.text());
  std::string out;
  for (const std::string& choice : choices) {
    std::vector<std::string> others = choices;
    std::erase(others, choice);
    out += (out.empty() ? "" : "\n") + sample(plugin, by, choice, others);
  }
  return out;
}

Value field_values(const std::vector<FieldInfo>& fields) {
  Value::Array out;
  for (const FieldInfo& f : fields) {
    Value one{Value::Object{}};
    one.set("name", Value(f.name));
    one.set("type", Value(type_name(f.type, f.shape)));
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
    print(fmt::format("  style    {}, {} at once\n",
                      p.blocking() ? "blocking, one instance a worker" : "asynchronous, one instance a shard",
                      p.max_in_flight == 0 ? "any number of hosts" : "at most " + counted(p.max_in_flight, "host")));

  constexpr std::size_t width_of_pages = 100;  // for a pipe, as for a terminal of that width
  const std::string options = options_text(p.schema, width == 0 ? width_of_pages : width);
  if (!options.empty()) print("\nOptions\n" + options);
  print(rules_text(p.schema, width == 0 ? width_of_pages : width));
  print_fields("Reads", p.inputs, width);
  print_fields("Writes", p.outputs, width);
  print("\nSample\n" + printable_lines(samples(p)));
}

/// A library of that name that was refused says why; else what there is instead, of whatever kind.
Diagnostic explain(const Registry& registry, const std::string& id) {
  for (const PluginKind kind : {PluginKind::probe, PluginKind::exporter, PluginKind::source})
    if (Diagnostic why = registry.explain_missing(kind, id, {}); why.id != "plugin-missing") return why;
  std::vector<std::string_view> ids;  // by kind, so that the probe and the source of one id are apart
  for (const PluginEntry* p : registry.all())
    if (std::find(ids.begin(), ids.end(), p->id) == ids.end()) ids.push_back(p->id);
  const std::string_view near = did_you_mean(id, ids);
  return {"plugin-missing", fmt::format("there is no plugin '{}'", printable(id)),
          (near.empty() ? "" : fmt::format("did you mean '{}'? ", near)) +
              (ids.empty() ? "none is installed" : "plugins here: " + join(ids, ", ")) + "; " +
              registry.where_looked()};
}

}  // namespace

int execute(const DescribeArguments& arguments) {
  const Registry registry = look_at_plugins(arguments.plugin_path);
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
