// sonde create STAGES/OUTPUTS: a pipeline file out of plugin ids, each option with its default and, as a comment, what
// it means. Everything comes from the plugins' schemas.
#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/secret_variable.hpp"
#include "cli/table.hpp"

namespace sonde::core::cli {
namespace {

constexpr std::size_t width = 110;

/// "$" would begin a variable.
std::string with_dollars(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '$' ? "$$" : std::string(1, c);
  return out;
}

/// A scalar as YAML reads it back; without quotes where none can be needed.
std::string yaml_text(const std::string& text) {
  static constexpr std::string_view words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool safe = !lower.empty() && std::all_of(lower.begin(), lower.end(), [&](char c) {
    return letter(c) || digit(c) || c == '.' || c == '_' || c == '/' || c == '-';
  });
  // "2s" and "4KiB" are text in every YAML; "1e3" and "0x10" are not.
  const bool unit = safe && digit(lower.front()) && letter(lower.back()) && lower.find_first_of("ex_") == lower.npos;
  const bool word =
      safe && letter(lower.front()) && std::find(std::begin(words), std::end(words), lower) == std::end(words);
  if (unit || word) return text;
  return with_dollars(json_quote(text));
}

std::string yaml_value(const Value& v, const Schema& s) {
  if (s.format == Format::duration || s.format == Format::bytes || s.format == Format::ports)
    return yaml_text(display(v, s));
  if (v.text()) return yaml_text(*v.text());
  if (const Value::Array* list = v.array()) {
    std::string out;
    for (const Value& entry : *list)
      out += (out.empty() ? "" : ", ") + yaml_value(entry, s.items ? *s.items : Schema{});
    return "[" + out + "]";
  }
  return with_dollars(to_json(v));  // flow YAML is a superset of it
}

/// A secret, or a list of such that is not empty by default.
bool holds_secret(const Schema& s) {
  const Value::Array* list = s.default_value ? s.default_value->array() : nullptr;
  return has_secret(s) && !(list != nullptr && list->empty());
}

/// Something valid for an option that must be given and has no default.
std::string placeholder(const std::string& plugin, const Schema::Property& option) {
  const Schema& s = option.schema;
  if (!s.choices.empty()) return yaml_value(s.choices.front(), s);
  switch (s.format) {
    case Format::secret:
      return secret_variable(plugin, option.name);
    case Format::duration:
      return yaml_value(Value(static_cast<int64_t>(s.minimum.value_or(1e9))), s);
    case Format::bytes:
      return yaml_value(Value(static_cast<int64_t>(s.minimum.value_or(4096))), s);
    case Format::ports:
      return "\"22,80\"";
    case Format::cidr:
      return "192.168.1.0/24";
    case Format::service:
      return "127.0.0.1";
    case Format::path:
    case Format::none:
      break;
  }
  if (s.type == SchemaType::boolean) return "false";
  if (s.type == SchemaType::integer || s.type == SchemaType::number)
    return to_json(Value(static_cast<int64_t>(s.minimum.value_or(1))));
  if (s.type == SchemaType::array) return "[]";
  return "change-me";
}

class Writer {
 public:
  std::string take() { return std::move(out_); }
  void line(std::size_t indent, const std::string& text) { out_ += std::string(indent, ' ') + text + "\n"; }

  /// Words of a plugin, on as many lines as they need.
  void comment(std::size_t indent, const std::string& text) {
    std::string plain = text;
    std::replace(plain.begin(), plain.end(), '\n', ' ');
    for (const std::string& part : wrapped(printable(plain), width - indent - 2)) line(indent, "# " + part);
  }

  /// Options with a value stand as they hold without being written; the others are commented out.
  void options(const PluginEntry& plugin, const Schema& schema, std::size_t indent, const std::string& mark) {
    for (const Schema::Property& option : schema.properties) {
      const bool required =
          std::find(schema.required.begin(), schema.required.end(), option.name) != schema.required.end();
      const Schema& s = option.schema;
      const bool nested = s.type == SchemaType::object && !s.properties.empty();
      std::string meaning = s.description;
      if (meaning.ends_with('.')) meaning.pop_back();
      comment(indent, meaning + (nested ? "" : " (" + expectation(s) + ")") + (required ? "; must be given" : ""));
      if (nested) {
        const bool live = mark.empty() && (required || has_values(s));
        line(indent, (live ? "" : "# ") + option.name + ":");
        options(plugin, s, indent + 2, live ? "" : "# ");
      } else if (holds_secret(s) && !required) {
        line(indent,
             "# " + option.name + ":" + (s.format == Format::secret ? " " + placeholder(plugin.id, option) : ""));
      } else if (s.default_value && !holds_secret(s)) {
        line(indent, mark + option.name + ": " + default_of(plugin, option));
      } else if (required) {
        line(indent, mark + option.name + ": " + placeholder(plugin.id, option));
      } else {
        line(indent, "# " + option.name + ":");
      }
    }
  }

  /// `options:` with something in it, or as a comment.
  void block(const PluginEntry& plugin) {
    if (plugin.schema.properties.empty()) return;
    line(4, has_values(plugin.schema) ? "options:" : "# options:");
    options(plugin, plugin.schema, 6, "");
  }

 private:
  static bool has_values(const Schema& schema) {
    return std::any_of(schema.properties.begin(), schema.properties.end(), [&](const Schema::Property& p) {
      return (p.schema.default_value && !holds_secret(p.schema)) ||
             std::find(schema.required.begin(), schema.required.end(), p.name) != schema.required.end() ||
             (p.schema.type == SchemaType::object && has_values(p.schema));
    });
  }
  /// Two outputs may have one default path.
  std::string default_of(const PluginEntry& plugin, const Schema::Property& option) {
    const Schema& s = option.schema;
    std::string value = yaml_value(*s.default_value, s);
    if (plugin.kind == PluginKind::exporter && s.format == Format::path && s.default_value->text() &&
        !paths_.insert(value).second)
      value = yaml_text(plugin.id + "-" + *s.default_value->text());
    return value;
  }
  std::string out_;
  std::set<std::string> paths_;
};

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  for (std::size_t at = 0, end; at <= list.size(); at = end + 1) {
    end = std::min(list.find(',', at), list.size());
    out.emplace_back(list.substr(at, end - at));
  }
  return out;
}

/// The plugins of those ids; what is not there, or named twice, is told.
std::vector<const PluginEntry*> find_all(const Registry& registry, PluginKind kind, std::string_view list,
                                         Diagnostics& out) {
  std::vector<const PluginEntry*> found;
  for (const std::string& id : split(list)) {
    const PluginEntry* plugin = registry.find(kind, id);
    if (!plugin)
      out.add(registry.explain_missing(kind, id, {}));
    else if (std::find(found.begin(), found.end(), plugin) != found.end())
      out.error("bad-argument", {}, "'" + id + "' is named twice", "name it once; a copy in the file needs a `name:`");
    else
      found.push_back(plugin);
  }
  return found;
}

std::string pipeline_text(const std::string& what, const std::vector<const PluginEntry*>& stages,
                          const std::vector<const PluginEntry*>& outputs) {
  Writer out;
  out.comment(0, "Made by `sonde create " + what +
                     "`. Options stand with what holds without them; leave out what you do " + "not change.");
  out.line(0, "#");
  out.line(0, "#   sonde validate FILE     what is wrong with it");
  out.line(0, "#   sonde plan FILE         what it would send, and for how long");
  out.line(0, "#   sonde run FILE");
  out.line(0, "#");
  out.line(0, "# Only scan networks that you are authorised to scan.");
  out.line(0, "version: 1");
  std::string name;
  for (const PluginEntry* plugin : stages) name += (name.empty() ? "" : "-") + plugin->id;
  out.line(0, "name: " + yaml_text(name));
  out.line(0, "");
  out.line(0, "# Addresses, networks 192.168.1.0/24, ranges 10.0.0.5-10.0.0.9, host names, \"@hosts.txt\".");
  out.line(0, "targets: [\"127.0.0.1\"]");
  out.line(0, "");
  out.line(0, "# Never asked, whatever brings it in.");
  out.line(0, "# exclude: [192.168.1.13]");
  out.line(0, "");
  out.line(0, "# In this order, for each host.");
  out.line(0, "stages:");
  for (const PluginEntry* plugin : stages) {
    out.comment(2, plugin->id + ": " + plugin->summary);
    out.line(2, "- use: " + yaml_text(plugin->id));
    if ((plugin->needs & SONDE_NEED_RAW) != 0) {
      out.comment(4, "left out, with a warning, where this machine does not allow raw sockets");
      out.line(4, "optional: true");
    }
    out.block(*plugin);
  }
  out.line(0, "");
  out.line(0, "# Where results go; relative paths of outputs start here.");
  out.line(0, "output_dir: out");
  out.line(0, "outputs:");
  for (const PluginEntry* plugin : outputs) {
    out.comment(2, plugin->id + ": " + plugin->summary);
    out.line(2, "- use: " + yaml_text(plugin->id));
    out.block(*plugin);
  }
  return out.take();
}

Result<void> write_new_file(const std::string& path, const std::string& text) {
  std::error_code ec;
  if (std::filesystem::symlink_status(path, ec).type() != std::filesystem::file_type::not_found)
    return failure("file-exists", printable(path) + " is there already",
                   "nothing was written; name another file with --output FILE");
  return write_file_atomically(path, text);
}

}  // namespace

int execute(const CreateArguments& arguments) {
  Diagnostics problems;
  const std::size_t slash = arguments.what.find('/');
  const bool shaped = slash != std::string::npos && slash > 0 && slash + 1 < arguments.what.size() &&
                      arguments.what.find('/', slash + 1) == std::string::npos;
  if (!shaped) {
    problems.error("bad-argument", {}, "'" + printable(arguments.what) + "' is not STAGES/OUTPUTS",
                   "expected ids of probes, a slash, ids of exporters, such as icmp,rdns/csv,json");
  } else {
    const Registry registry = look_at_plugins(arguments.plugin_path);
    const std::string_view what = arguments.what;
    const auto stages = find_all(registry, PluginKind::probe, what.substr(0, slash), problems);
    const auto outputs = find_all(registry, PluginKind::exporter, what.substr(slash + 1), problems);
    if (!problems.has_errors()) {
      const std::string text = pipeline_text(arguments.what, stages, outputs);
      if (arguments.file.empty())
        print(text);
      else if (auto written = write_new_file(arguments.file, text); !written)
        problems.add(written.error());
    }
  }
  if (!problems.has_errors()) return 0;
  print_error(problems.render_sorted(colour_on_stderr()));
  return static_cast<int>(problems.exit_code());
}

}  // namespace sonde::core::cli
