// A --set value is text of the command line; the schema of what it goes into decides what it is.
#include "config/overrides.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sonde::core {
namespace {

/// The place that messages show. The value is left out: it may be a secret that should not have been there.
SourceSpan place_of(const std::string& key) {
  return {"--set " + key, 0, 0, 0};
}

Value value_of(const std::string& key, const std::string& text) {
  Value v{text};
  v.where = place_of(key);
  v.origin = Origin::command_line;
  v.untyped = true;
  return v;
}

void set_member(Value& object, const std::string& key, Value v) {
  const SourceSpan where = v.where;
  object.set(key, std::move(v));
  for (auto& member : *object.object()) {
    if (member.key == key) member.where = where;
  }
}

/// options.a.b: the mappings on the way are made when they are not there. False: something else is there.
bool set_below(Value& options, std::string_view path, const Value& v) {
  Value* at = &options;
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    if (!at->is_null() && !at->object()) return false;
    const std::string key(path.substr(0, dot));
    if (at->find(key) == nullptr) {
      Value made{Value::Object{}};
      made.where = v.where;
      made.origin = Origin::command_line;
      set_member(*at, key, std::move(made));
    }
    at = at->find(key);
    path.remove_prefix(dot + 1);
  }
  if (!at->is_null() && !at->object()) return false;
  set_member(*at, std::string(path), v);
  return true;
}

std::string_view owner_of(std::string_view key) {
  return key.substr(0, key.find('.'));
}

bool well_formed(const std::string& key, Diagnostics& out) {
  const auto dot = key.find('.');
  const bool good = dot != std::string::npos && dot != 0 && key.back() != '.' && key.find("..") == std::string::npos;
  if (!good) {
    out.error("bad-argument", place_of(key), fmt::format("'{}' names no option", printable(key)),
              "write --set stage.option=value or --set limits.key=value");
  }
  return good;
}

}  // namespace

void apply_limit_sets(Value& file, const Overrides& overrides, Diagnostics& out) {
  for (const auto& [key, text] : overrides.sets) {
    if (!well_formed(key, out) || owner_of(key) != "limits" || !file.object()) continue;
    if (file.find("limits") == nullptr || file.find("limits")->is_null()) {
      Value limits{Value::Object{}};
      limits.where = place_of(key);
      file.set("limits", std::move(limits));
    }
    if (Value* limits = file.find("limits"); limits->object()) {
      const std::string name = key.substr(key.find('.') + 1);
      set_member(*limits, name, value_of(key, text));
    }
  }
}

void apply_stage_sets(PipelineSpec& spec, const Overrides& overrides, Diagnostics& out) {
  for (const auto& [key, text] : overrides.sets) {
    const std::string_view owner = owner_of(key);
    if (owner.size() == key.size() || owner == "limits" || owner.empty() || key.back() == '.') continue;
    if (key.find("..") != std::string::npos) continue;
    Value* options = nullptr;
    for (StageSpec& stage : spec.stages) {
      if (stage.name == owner && options == nullptr) options = &stage.options;
    }
    // A stage goes before an output of the same name.
    std::size_t outputs = 0;
    if (options == nullptr) {
      for (OutputSpec& output : spec.outputs) {
        if (output.name == owner && outputs++ == 0) options = &output.options;
      }
    }
    if (options == nullptr) {
      std::vector<std::string_view> names{"limits"};
      for (const StageSpec& stage : spec.stages) names.push_back(stage.name);
      for (const OutputSpec& output : spec.outputs) names.push_back(output.name);
      const std::string_view near = did_you_mean(owner, names);
      out.error(
          "unknown-stage", place_of(key), fmt::format("the pipeline has no stage or output '{}'", printable(owner)),
          (near.empty() ? std::string() : fmt::format("did you mean '{}'? ", near)) + "names: " + join(names, ", "));
      continue;
    }
    if (outputs > 1) {
      out.error("unknown-stage", place_of(key), fmt::format("{} outputs are called '{}'", outputs, printable(owner)),
                "give each of them a `name:` of its own");
      continue;
    }
    const std::string_view path = std::string_view(key).substr(owner.size() + 1);
    if (!set_below(*options, path, value_of(key, text))) {
      out.error("wrong-type", place_of(key),
                fmt::format("'{}' goes through an option that is no mapping", printable(key)),
                "name the option itself");
    }
  }
}

bool set_option(Value& options, std::string_view path, const std::string& text, const SourceSpan& where) {
  Value v{text};
  v.where = where;
  v.origin = Origin::command_line;
  v.untyped = true;
  return set_below(options, path, v);
}

}  // namespace sonde::core
