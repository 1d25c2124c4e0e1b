// From YAML in a test to a plan or its messages, with the fixture plugins and a network that the test makes up.
#pragma once
#include <gtest/gtest.h>

#include "plan/plan.hpp"

namespace sonde::core {

inline const Registry& fixtures() {
  static const Registry registry = [] {
    Registry r;
    r.scan({{SONDE_FIXTURES}, false});
    return r;
  }();
  return registry;
}

inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

struct Compiled {
  std::unique_ptr<Plan> plan;
  Diagnostics out;

  /// "id: text" of each message, in order; warnings behind "warning ".
  std::string said() const {
    std::string all;
    for (const Diagnostic& d : out.items())
      all += (d.severity == Severity::warning ? "warning " : "") + d.id + ": " + d.text + "\n";
    return all;
  }
  const Diagnostic* find(std::string_view id) const {
    for (const Diagnostic& d : out.items())
      if (d.id == id) return &d;
    return nullptr;
  }
  std::string text_of(std::string_view id) const { return find(id) ? find(id)->text : "(no " + std::string(id) + ")"; }
  std::string hint_of(std::string_view id) const { return find(id) ? find(id)->hint : "(no " + std::string(id) + ")"; }
};

struct Setting {
  CompileRequest request{};
  Overrides overrides{};
  Setting() {
    request.seed = 7;
    request.connected = {ConnectedPrefix{"eth0", 2, ip("10.1.0.1"), Cidr::parse("10.1.0.0/24").value()}};
  }
};

inline Compiled compile_text(std::string_view yaml, Setting setting = {}) {
  Compiled c;
  PipelineSpec spec = load_pipeline_text(yaml, "lan.sonde.yaml", setting.overrides, {}, c.out);
  spec.directory = "/pipelines";
  if (c.out.has_errors()) return c;
  c.plan = compile(spec, fixtures(), setting.request, c.out);
  return c;
}

/// A whole pipeline around the part that a test is about.
inline std::string with_stages(const std::string& stages, const std::string& more = "") {
  return "version: 1\ntargets: [10.1.0.0/28]\nstages: " + stages + "\n" + more;
}
inline std::string with_targets(const std::string& targets, const std::string& more = "") {
  return "version: 1\ntargets: " + targets + "\nstages: [{use: \"null\"}]\n" + more;
}

}  // namespace sonde::core
