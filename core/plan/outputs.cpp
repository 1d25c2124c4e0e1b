// Outputs: exporter, options, where it writes, which hosts and columns it is given.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.hpp"
#include "inventory/field_parts.hpp"
#include "inventory/history.hpp"
#include "plan/compilation.hpp"

namespace sonde::core {
namespace {

constexpr uint64_t most_hosts_for_all = uint64_t{1} << 20;

std::string_view text_of(const Value* v) {
  return v && v->text() ? std::string_view(*v->text()) : std::string_view();
}

class OutputCompiler {
 public:
  explicit OutputCompiler(Compilation& c) : c_(c) {
    paths_.emplace(absolute_below(c.plan.output_dir, "run.json"), Writer{"the run document", std::nullopt});
  }

  void run() {
    for (const OutputSpec& spec : c_.spec.outputs)
      if (spec.enabled) compile(spec);
  }

 private:
  /// Who writes to a path.
  struct Writer {
    std::string who;
    std::optional<SourceSpan> set;  ///< the --set that says so
  };

  void compile(const OutputSpec& spec) {
    const PluginEntry* plugin = c_.registry.find(PluginKind::exporter, spec.use);
    if (!plugin) {
      refuse_plugin(c_, PluginKind::exporter, spec.use, spec.use_where);
      return;
    }
    const std::size_t errors = c_.out.error_count();
    OutputPlan output;
    output.name = spec.name.empty() ? spec.use : spec.name;
    output.plugin = plugin;
    output.where = spec.where;
    output.streaming = (plugin->flags & SONDE_X_STREAMING) != 0;
    set_options(spec, output);
    set_path(spec, output);
    set_hosts(output);
    check_columns(output);
    const Value* detail = output.options.find("detail");
    output.detail = detail && detail->boolean() && *detail->boolean();
    if (c_.out.error_count() == errors) c_.plan.outputs.push_back(std::move(output));
  }

  void set_options(const OutputSpec& spec, OutputPlan& output) {
    const PluginEntry& plugin = *output.plugin;
    refuse_secrets_on_command_line(c_, output.name, plugin.schema, spec.options);
    Value given = spec.options;
    if (given.where.line == 0) given.where = spec.where;
    output.options = check_options(given, plugin.schema,
                                   {fmt::format("output '{}'", output.name),
                                    fmt::format("sonde describe {}", plugin.id),
                                    c_.plan.output_dir,
                                    {"use", "name", "enabled"}},
                                   c_.out);
  }

  /// "-" stays what it is; two outputs of one path would overwrite each other.
  void set_path(const OutputSpec& spec, OutputPlan& output) {
    Value* path = output.options.find("path");
    if (!path || !path->text()) return;
    const Value* given = spec.options.find("path");
    const SourceSpan& where = given ? place_or(given->where, spec.where) : spec.where;
    Value checked = *path;
    bool to_stdout = text_of(given ? given : path) == "-";
    Value result(to_stdout ? std::string("-") : absolute_below(c_.plan.output_dir, *path->text()));
    result.where = checked.where;
    result.origin = checked.origin;
    output.options.set("path", result);
    const std::string& name = *result.text();
    if (!to_stdout && !names_file(given ? text_of(given) : std::string_view(name), name)) {
      c_.out.error("output-unwritable", where, fmt::format("output '{}': {} is a directory", output.name, name),
                   "'path' takes the name of a file, such as inventory.json");
      return;
    }
    if (!to_stdout && is_of_history(name)) {
      c_.out.error("duplicate-output", where,
                   fmt::format("output '{}': the history keeps its runs under names like {}", output.name, name),
                   "give this output a name that is no date, or another directory");
      return;
    }
    Writer writer{fmt::format("output '{}'", output.name), std::nullopt};
    if (checked.origin == Origin::command_line) writer.set = where;
    auto [it, fresh] = paths_.emplace(name, writer);
    if (fresh) return;
    // What the command line changed is the mistake, even where the file has the other one further below.
    const bool was_set = it->second.set && !writer.set;
    const Writer& other = was_set ? writer : it->second;
    const SourceSpan& place = was_set ? *it->second.set : where;
    if (to_stdout)
      c_.out.error("plan-stdout-twice", place, fmt::format("{} writes to the standard output already", other.who),
                   "give one of them a file: path: NAME");
    else
      c_.out.error("duplicate-output", place, fmt::format("{} writes {} already", other.who, name),
                   "give this output a path of its own");
  }

  /// A run that is kept would be overwritten, or the output removed as the oldest of them.
  bool is_of_history(const std::string& path) const {
    const std::string& history = c_.plan.history.dir;
    const std::filesystem::path file(path);
    if (history.empty() || !is_history_file(file.filename().string())) return false;
    std::error_code none;
    return file.parent_path() == history || std::filesystem::equivalent(file.parent_path(), history, none);
  }

  bool names_file(std::string_view written, const std::string& path) const {
    std::error_code none;
    return path != c_.plan.output_dir && !written.ends_with('/') && !std::filesystem::is_directory(path, none);
  }

  void set_hosts(OutputPlan& output) {
    const Value* hosts = output.options.find("hosts");
    std::string_view word = text_of(hosts);
    if (word == "known") output.hosts = HostFilter::known;
    if (word != "all") return;
    output.hosts = HostFilter::all;
    if (c_.plan.targets.size() <= most_hosts_for_all) return;
    c_.out.error("plan-hosts-all", place_or(hosts->where, output.where),
                 fmt::format("output '{}' wants all {} targets, at most {} are possible", output.name,
                             c_.plan.targets.size(), most_hosts_for_all),
                 "use hosts: responding or hosts: known");
  }

  void check_columns(OutputPlan& output) {
    const Value* columns = output.options.find("columns");
    if (!columns || columns->origin == Origin::schema_default) return;
    if (columns->array()) {
      for (const Value& column : *columns->array()) check_column(output, text_of(&column), column.where);
      return;
    }
    std::string_view rest = text_of(columns);
    while (!rest.empty()) {
      std::size_t end = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, end);
      while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
      while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
      if (!one.empty()) check_column(output, one, columns->where);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void check_column(OutputPlan& output, std::string_view name, const SourceSpan& where) {
    const SourceSpan& place = place_or(where, output.where);
    const auto same = [&](const ColumnPlan& c) { return c.name == name; };
    if (std::any_of(output.columns.begin(), output.columns.end(), same)) {
      c_.out.error("duplicate-column", place,
                   fmt::format("output '{}': the column '{}' is named twice", output.name, printable(name)),
                   "leave one of the two out");
      return;
    }
    ColumnPlan column = column_of(name);
    if (column.field == no_field) {
      c_.out.error("unknown-field", place,
                   fmt::format("output '{}': there is no field '{}' for a column", output.name, printable(name)),
                   instead_of(name));
      return;
    }
    if (!c_.written.contains(column.field))
      c_.out.warning("column-empty", place,
                     fmt::format("output '{}': no enabled stage writes '{}', so this column stays empty", output.name,
                                 printable(name)),
                     "add a stage that writes it, or leave the column out");
    else if (!column.part.empty())
      warn_of_part(c_, fmt::format("output '{}'", output.name), column.field, column.part, place);
    output.columns.push_back(std::move(column));
  }

  /// A field, or a part of one that has parts. `evidence` is a list of objects.
  ColumnPlan column_of(std::string_view name) const {
    const FieldTable& fields = c_.plan.fields;
    if (const FieldId id = fields.find(name); id != no_field) return {std::string(name), id, {}};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto id = static_cast<FieldId>(i);
      const Field& field = fields[id];
      const bool object = field.shape == SONDE_SCALAR && field.type == SONDE_JSON && id != FieldTable::evidence;
      if (field.shape != SONDE_MAP && !object) continue;
      if (name.size() > field.name.size() + 1 && name.starts_with(field.name) && name[field.name.size()] == '.')
        return {std::string(name), id, std::string(name.substr(field.name.size() + 1))};
    }
    return {};
  }

  std::string instead_of(std::string_view name) const {
    const FieldTable& fields = c_.plan.fields;
    std::vector<std::string_view> names, group;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string_view field = fields[static_cast<FieldId>(i)].name;
      names.push_back(field);
      if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '.') group.push_back(field);
    }
    if (!group.empty()) return "name each of its fields: " + join(group, ", ");
    const std::string_view near = did_you_mean(name, names);
    return near.empty() ? "fields: " + join(names, ", ") : fmt::format("did you mean '{}'?", near);
  }

  Compilation& c_;
  std::map<std::string, Writer> paths_;
};

}  // namespace

void warn_of_part(Compilation& c, const std::string& subject, FieldId id, std::string_view part,
                  const SourceSpan& where) {
  const Field& field = c.plan.fields[id];
  std::string doubt = doubt_about_part(field, part);
  const auto is_named = [&](const StagePlan& stage) { return mentions(stage.options, part); };
  if (doubt.empty() || std::any_of(c.plan.stages.begin(), c.plan.stages.end(), is_named)) return;
  c.out.warning("unknown-part", where,
                fmt::format("{}: '{}' probably has no part '{}'", subject, field.name, printable(part)),
                std::move(doubt));
}

void compile_outputs(Compilation& c) {
  OutputCompiler(c).run();
}

}  // namespace sonde::core
