#include "check/subject.hpp"

#include <algorithm>

#include "config/overrides.hpp"
#include "engine/services.hpp"
#include "plugins/demands.hpp"

namespace sonde::core::check {

namespace {
constexpr uint64_t ns_a_ms = 1'000'000;
constexpr uint32_t default_timeout_ms = 10'000;       // as in a plan
constexpr uint64_t longest_wait = uint64_t{1} << 50;  // 13 days of a clock that is turned
constexpr uint32_t default_window = 256;
}  // namespace

Result<void> bind_fields(Subject& s) {
  for (const FieldInfo& f : s.plugin.outputs) {
    const auto id = s.fields.bind_output(s.plugin.id, f.name, f.type, f.shape, (f.flags & SONDE_F_DETAIL) != 0, f.help);
    if (!id) return tl::unexpected(id.error());
    s.outputs.push_back(*id);
  }
  for (const FieldInfo& f : s.plugin.inputs) {
    FieldId id = s.fields.find(f.name);
    if (id == no_field && f.type != SONDE_NULL) {  // another plugin's own: as if that one stood before it
      const auto bound = s.fields.bind_output(f.name.substr(0, f.name.find('.')), f.name, f.type, f.shape, false, {});
      if (!bound) return tl::unexpected(bound.error());
      id = *bound;
    }
    if (id != no_field && f.type != SONDE_NULL && s.fields[id].type != SONDE_NULL &&
        (f.type != s.fields[id].type || f.shape != s.fields[id].shape))
      return failure("field-conflict",
                     "the input '" + f.name + "' is declared with another type or shape than that field has");
    s.inputs.push_back(id);
  }
  return {};
}

Result<void> set_options(Subject& s, const Sets& sets) {
  Value options{Value::Object{}};
  for (const auto& [name, text] : sets)
    if (!set_option(options, name, text, {"--set " + name, 0, 0, 0}))
      return failure("bad-argument", "--set " + name + " goes through an option that is no mapping",
                     "name the option itself");
  return use_options(s, options);
}

Result<void> use_options(Subject& s, const Value& options) {
  Diagnostics problems;
  s.options = check_options(options, s.plugin.schema,
                            {"plugin '" + s.plugin.id + "'", "sonde describe " + s.plugin.id, s.path_base}, problems);
  for (const Diagnostic& d : problems.items())
    if (d.severity == Severity::error) return tl::unexpected(d);
  s.services = services_of(s.options, s.plugin.schema);
  s.rights = needs_of(s.plugin, s.options);
  s.most_in_a_call = batch_of(s.plugin, s.options);
  if (cost_expression(s.plugin, s.options, "deadline")) {
    s.deadline = static_cast<int64_t>(std::min(cost_of(s.plugin, s.options, "deadline"), longest_wait));
  } else {
    const uint64_t timeout = s.plugin.timeout_ms != 0 ? s.plugin.timeout_ms : default_timeout_ms;
    s.deadline = static_cast<int64_t>(timeout * ns_a_ms + std::min(cost_of(s.plugin, s.options, "wait"), longest_wait));
  }
  s.window = s.plugin.max_in_flight == 0 ? default_window : std::min(s.plugin.max_in_flight, default_window);
  return {};
}

}  // namespace sonde::core::check
