// A pipeline file from its text to a PipelineSpec: parsed, interpolated, checked against pipeline_schema(), taken over.
#include "config/pipeline_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/env_file.hpp"
#include "config/interpolate.hpp"
#include "config/overrides.hpp"
#include "config/scalar.hpp"
#include "config/schema.hpp"
#include "config/yaml.hpp"

namespace sonde::core {
namespace {

constexpr int64_t shortest_age = 3'600'000'000'000;  // one hour, as in the schema

const Schema& file_schema() {
  static const Schema schema = [] {
    auto parsed = parse_core_schema(pipeline_schema());
    return parsed ? *std::move(parsed) : Schema{};
  }();
  return schema;
}

std::string directory_of(const std::string& file) {
  const std::string directory = std::filesystem::path(file).parent_path().string();
  return directory.empty() ? "." : directory;
}

/// "lan" of lan.sonde.yaml.
std::string stem_of(const std::string& file) {
  std::string name = std::filesystem::path(file).filename().string();
  for (const std::string_view ending : {".yaml", ".yml", ".sonde"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return name;
}

bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// Reads checked members; what was in error is not there and leaves the default.
class Members {
 public:
  explicit Members(const Value* v) : value_(v) {}
  const Value* get(std::string_view key) const { return value_ == nullptr ? nullptr : value_->find(key); }
  void read(std::string_view key, std::string& to) const {
    if (const Value* v = get(key); v != nullptr && v->text()) to = *v->text();
  }
  void read(std::string_view key, bool& to) const {
    if (const Value* v = get(key); v != nullptr && v->boolean()) to = *v->boolean();
  }
  void read(std::string_view key, int64_t& to) const {
    if (const Value* v = get(key); v != nullptr && v->integer()) to = *v->integer();
  }
  /// "unlimited" is 0.
  void read(std::string_view key, uint64_t& to) const {
    const Value* v = get(key);
    if (v == nullptr) return;
    if (const auto n = natural(*v)) to = *n;
    if (v->text()) to = 0;
  }
  SourceSpan place(std::string_view key) const {
    const Value* v = get(key);
    return v == nullptr ? SourceSpan{} : v->where;
  }
  const Value::Array& list(std::string_view key) const {
    static const Value::Array none;
    const Value* v = get(key);
    return v == nullptr || v->array() == nullptr ? none : *v->array();
  }

 private:
  const Value* value_;
};

class Loader {
 public:
  Loader(const Overrides& overrides, Diagnostics& out) : overrides_(overrides), out_(out) {}

  PipelineSpec load(std::string_view yaml, const std::string& file, const Environment& environment) {
    if (yaml.starts_with("\xef\xbb\xbf")) yaml.remove_prefix(3);
    text_ = yaml;
    auto tree = parse_yaml(yaml, file, out_);
    if (!tree) return {};
    spec_.file = file;
    spec_.directory = directory_of(file);
    spec_.name = stem_of(file);
    interpolate(*tree, {environment, spec_.directory, yaml, overrides_.allow_unset_env}, out_);
    apply_limit_sets(*tree, overrides_, out_);
    const Value checked = check_options(*tree, file_schema(), {"the pipeline file", "", ""}, out_);
    if (!tree->object() || !version_is_known(checked)) return {};
    take(Members(&checked));
    apply_stage_sets(spec_, overrides_, out_);
    return std::move(spec_);
  }

 private:
  bool version_is_known(const Value& checked) {
    const Value* version = checked.find("version");
    if (version == nullptr || to_json(*version) == "1") return true;
    out_.error("bad-version", version->where, fmt::format("the file is of version {}", to_json(*version)),
               "this sonde reads version 1");
    return false;
  }

  void take(const Members& root) {
    root.read("name", spec_.name);
    root.read("allow_public", spec_.allow_public);
    root.read("allow_print_ports", spec_.allow_print_ports);
    root.read("assume_up", spec_.assume_up);
    root.read("output_dir", spec_.output_dir);
    if (!overrides_.output_dir.empty()) spec_.output_dir = overrides_.output_dir;
    take_targets(root.get("targets"), spec_.targets);
    take_targets(root.get("exclude"), spec_.exclude);
    if (overrides_.allow_unset_env) {
      // `validate` takes a name as one target without looking it up: what is not known yet is none of the mistakes.
      for (TargetEntry& entry : spec_.targets) {
        if (entry.text.empty() && entry.use.empty()) entry.text = "unset.invalid";
      }
    }
    if (!overrides_.targets.empty()) {
      spec_.targets.clear();
      for (const std::string& text : overrides_.targets)
        spec_.targets.push_back({text, "", {}, {"--target", 0, 0, 0}, false});
    }
    take_limits(root.get("limits"));
    for (const Value& stage : root.list("stages")) take_stage(stage);
    for (const Value& output : root.list("outputs")) take_output(output);
    if (const Value* history = root.get("history")) take_history(Members(history));
    Members(root.get("journal")).read("keep", spec_.journal_keep);
  }

  void take_targets(const Value* v, std::vector<TargetEntry>& to) {
    if (v == nullptr) return;
    if (v->text()) {
      to.push_back({*v->text(), "", {}, v->where, false});
      return;
    }
    if (!v->array()) return;
    for (const Value& entry : *v->array()) {
      TargetEntry target;
      target.where = entry.where;
      if (entry.text()) {
        target.text = *entry.text();
      } else {
        Members(&entry).read("use", target.use);
        if (target.use.empty()) continue;
        if (const Value* options = entry.find("options")) target.options = *options;
        std::string outside;
        Members(&entry).read("outside", outside);
        target.skip_outside = overrides_.skip_outside || outside == "skip";
      }
      to.push_back(std::move(target));
    }
  }

  void take_limits(const Value* v) {
    const Members limits(v);
    limits.read("packets_per_second", spec_.limits.packets_per_second);
    limits.read("hosts_in_flight", spec_.limits.hosts_in_flight);
    limits.read("connections_per_host", spec_.limits.connections_per_host);
    limits.read("workers", spec_.limits.workers);
    limits.read("shards", spec_.limits.shards);
    limits.read("max_targets", spec_.limits.max_targets);
    limits.read("run_timeout", spec_.limits.run_timeout);
    limits.read("back_off", spec_.limits.back_off);
    limits.read("trust_arp", spec_.limits.trust_arp);
    if (v != nullptr) spec_.limits_value = *v;
  }

  void take_stage(const Value& v) {
    const Members stage(&v);
    StageSpec s;
    stage.read("use", s.use);
    if (s.use.empty()) return empty_use(stage);
    stage.read("name", s.name);
    if (s.name.empty()) s.name = s.use;
    stage.read("when", s.when);
    stage.read("enabled", s.enabled);
    stage.read("optional", s.optional);
    if (const Value* deadline = stage.get("deadline"); deadline != nullptr && deadline->integer()) {
      s.deadline = *deadline->integer();
    }
    if (const Value* options = stage.get("options")) s.options = *options;
    s.where = v.where;
    s.use_where = stage.place("use");
    s.name_where = stage.get("name") != nullptr ? stage.place("name") : s.use_where;
    if (const Value* when = stage.get("when")) s.when_where = TextPlace(*when, text_);
    check_name(s);
    spec_.stages.push_back(std::move(s));
  }
  void empty_use(const Members& entry) {
    // A missing one has been reported.
    if (entry.get("use") == nullptr) return;
    out_.error("bad-value", entry.place("use"), "'use' names no plugin", "`sonde list` shows the plugins");
  }
  void check_name(const StageSpec& s) {
    if (!is_name(s.name) || s.name == "limits") {
      out_.error("bad-value", s.name_where, fmt::format("'{}' is no name for a stage", printable(s.name)),
                 s.name == "limits" ? "--set limits.key=value needs this word"
                                    : "a name has letters, digits, - and _, at most 64");
    }
  }

  void take_output(const Value& v) {
    const Members output(&v);
    OutputSpec o;
    output.read("use", o.use);
    if (o.use.empty()) return empty_use(output);
    output.read("name", o.name);
    if (o.name.empty()) o.name = o.use;
    output.read("enabled", o.enabled);
    if (const Value* options = output.get("options")) o.options = *options;
    o.where = v.where;
    o.use_where = output.place("use");
    spec_.outputs.push_back(std::move(o));
  }

  void take_history(const Members& history) {
    history.read("dir", spec_.history.dir);
    const Value* keep = history.get("keep");
    if (keep == nullptr || !keep->integer()) return;
    // Both alternatives are whole numbers by now; their bounds keep a count and an age in ns apart.
    if (*keep->integer() >= shortest_age) {
      spec_.history.keep_count = 0;
      spec_.history.keep_age = *keep->integer();
    } else {
      history.read("keep", spec_.history.keep_count);
    }
  }

  const Overrides& overrides_;
  Diagnostics& out_;
  std::string_view text_;
  PipelineSpec spec_;
};

}  // namespace

PipelineSpec load_pipeline_text(std::string_view yaml, const std::string& file, const Overrides& overrides,
                                const std::map<std::string, std::string>& environment, Diagnostics& out) {
  Environment variables = environment;
  if (!overrides.env_file.empty() && !overrides.no_env_file) {
    add_env_file(overrides.env_file, "", variables, out);
  }
  return Loader(overrides, out).load(yaml, file, variables);
}

PipelineSpec load_pipeline(const std::string& path, const Overrides& overrides, Diagnostics& out) {
  const auto text = read_file(path, YamlLimits{}.bytes);
  if (!text) {
    Diagnostic d = text.error();
    if (d.id == "config-too-large") {
      d.where.file = path;
      d.hint = "move long target lists into an @file";
    } else if (d.hint.empty()) {
      d.hint = "check the path and its permissions";
    }
    out.add(std::move(d));
    return {};
  }
  Environment variables = process_environment();
  if (!overrides.no_env_file) add_env_file(overrides.env_file, directory_of(path), variables, out);
  return Loader(overrides, out).load(*text, path, variables);
}

}  // namespace sonde::core
