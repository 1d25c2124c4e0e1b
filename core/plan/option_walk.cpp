// What walks options along their schema: ports, those of printers among them, on which every byte comes out on paper,
// and secrets.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/scalar.hpp"
#include "plan/compilation.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {
namespace {

uint64_t number_in(const Value& v) {
  return natural(v).value_or(0);
}

/// Calls visit(name, schema, value) for each part of the value that the schema describes.
template <class V, class F>
void walk(const std::string& name, const Schema& schema, V& value, F&& visit) {
  visit(name, schema, value);
  if (value.object()) {
    for (const Schema::Property& p : schema.properties)
      if (auto* member = value.find(p.name))
        walk(name.empty() ? p.name : name + "." + p.name, p.schema, *member, visit);
  } else if (value.array() && schema.items && schema.format != Format::ports) {
    for (auto& item : *value.array()) walk(name, *schema.items, item, visit);
  }
}

bool from_command_line(const Value& v) {
  if (v.origin == Origin::command_line) return true;
  if (!v.array()) return false;
  return std::any_of(v.array()->begin(), v.array()->end(), from_command_line);
}

}  // namespace

bool mentions(const Value& value, std::string_view word) {
  if (value.text() != nullptr) return *value.text() == word;
  if (const Value::Array* list = value.array())
    return std::any_of(list->begin(), list->end(), [&](const Value& v) { return mentions(v, word); });
  if (const Value::Object* members = value.object())
    return std::any_of(members->begin(), members->end(), [&](const auto& m) { return mentions(m.value, word); });
  return false;
}

void drop_print_ports(Compilation& c, const std::string& stage, const Schema& schema, const SourceSpan& where,
                      Value& options) {
  if (c.spec.allow_print_ports) return;
  walk(std::string(), schema, options, [&](const std::string& name, const Schema& part, Value& value) {
    if (part.format != Format::ports || !value.array()) return;
    std::string dropped;
    for (const Value& port : *value.array())
      if (is_print_port(number_in(port))) dropped += fmt::format("{}{}", dropped.empty() ? "" : ", ", number_in(port));
    if (dropped.empty()) return;
    std::erase_if(*value.array(), [](const Value& port) { return is_print_port(number_in(port)); });
    const SourceSpan& place = place_or(value.where, where);
    const char* hint = "what is sent there is printed; write allow_print_ports: true to ask them all the same";
    if (value.array()->empty())
      c.out.error("print-ports", place,
                  fmt::format("stage '{}': '{}' holds printer ports alone: {}", stage, name, dropped), hint);
    else
      c.out.warning("print-ports", place,
                    fmt::format("stage '{}': printer ports of '{}' are left out: {}", stage, name, dropped), hint);
  });
}

PortOptions port_options(const StagePlan& stage) {
  PortOptions out;
  // The cost with these options names the lists that are asked: of tcp-banner either its ports or its fallback_ports.
  const Value* cost = cost_expression(*stage.plugin, stage.options, "silent");
  std::set<uint16_t> all, asked;
  walk(std::string(), stage.plugin->schema, stage.options,
       [&](const std::string& name, const Schema& part, const Value& v) {
         if (part.format != Format::ports) return;
         out.by_word |= v.text() != nullptr;
         if (v.array() == nullptr) return;
         for (const Value& port : *v.array()) {
           all.insert(static_cast<uint16_t>(number_in(port)));
           if (cost != nullptr && mentions(*cost, name)) asked.insert(static_cast<uint16_t>(number_in(port)));
         }
       });
  const std::set<uint16_t>& ports = asked.empty() ? all : asked;
  out.ports.assign(ports.begin(), ports.end());
  return out;
}

void warn_of_cleartext(Compilation& c, const StagePlan& stage) {
  const Schema& schema = stage.plugin->schema;
  if (!stage.enabled || schema.cleartext.empty()) return;
  // With assume_up, `alive` alone chooses nobody.
  const bool chosen = stage.when && !(c.spec.assume_up && stage.when_text == "alive");
  // Who names one host has chosen it.
  if (chosen || c.plan.targets.size() + c.unresolved == 1) return;
  std::vector<std::string> given;
  walk(std::string(), schema, stage.options, [&](const std::string& name, const Schema&, const Value& value) {
    const bool listed = std::find(schema.cleartext.begin(), schema.cleartext.end(), name) != schema.cleartext.end();
    const bool known = std::find(given.begin(), given.end(), name) != given.end();
    if (listed && !known && value.text() != nullptr && !value.text()->empty()) given.push_back(name);
  });
  if (given.empty()) return;
  c.out.warning("plan-secret-to-all", stage.where,
                fmt::format("stage '{}' sends '{}' in the clear to every target, whoever answers there", stage.name,
                            fmt::join(given, "', '")),
                "write a `when:` that chooses the hosts it is meant for, such as when: alive, or narrow the targets");
}

void refuse_secrets_on_command_line(Compilation& c, const std::string& stage, const Schema& schema,
                                    const Value& options) {
  walk(std::string(), schema, options, [&](const std::string& name, const Schema& part, const Value& value) {
    if (part.format != Format::secret || !from_command_line(value)) return;
    c.out.error(
        "secret-on-command-line", {},
        fmt::format("--set {}.{}: this option is a secret, and every user of this machine can read command lines",
                    stage, name),
        fmt::format("write {}: ${{VAR}} or ${{file:PATH}} in the pipeline file", name));
  });
}

}  // namespace sonde::core
