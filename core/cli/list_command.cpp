// sonde list: which plugins are there, and which files were refused and why.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/capabilities.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/pipeline_plan.hpp"
#include "cli/table.hpp"
#include "plugins/registry.hpp"

namespace sonde::core::cli {
namespace {

Value list_value(const Registry& registry) {
  Value::Array plugins, refused;
  for (const PluginEntry* p : registry.all()) {
    Value one{Value::Object{}};
    one.set("kind", Value(std::string(to_string(p->kind))));
    one.set("id", Value(p->id));
    one.set("version", Value(p->version));
    one.set("summary", Value(p->summary));
    one.set("license", Value(p->license));
    one.set("needs", Value(describe_needs(p->needs)));
    one.set("library", Value(p->library));
    plugins.push_back(std::move(one));
  }
  for (const Registry::Refusal& r : registry.refusals()) {
    Value one{Value::Object{}};
    one.set("file", Value(r.file));
    one.set("id", Value(r.why.id));
    one.set("why", Value(r.why.text));
    one.set("remedy", Value(std::string(message(r.why.id).remedy)));
    refused.push_back(std::move(one));
  }
  Value out{Value::Object{}};
  out.set("plugins", Value(std::move(plugins)));
  out.set("refused", Value(std::move(refused)));
  return out;
}

struct Refused {
  Diagnostic why;
  std::vector<std::string> others;  ///< names of files that the same remedy mends
};

/// A directory that others may write into is told once, not once for each plugin in it.
std::vector<Refused> refusals_of(const Registry& registry) {
  std::vector<Refused> all;
  for (const Registry::Refusal& r : registry.refusals()) {
    Refused next{r.why, {}};
    next.why.severity = Severity::warning;
    if (next.why.hint.empty()) next.why.hint = message(next.why.id).remedy;
    const auto same = std::find_if(all.begin(), all.end(), [&](const Refused& told) {
      return next.why.id == "plugin-permissions" && told.why.id == next.why.id && told.why.hint == next.why.hint;
    });
    if (same == all.end())
      all.push_back(std::move(next));
    else
      same->others.push_back(r.file.substr(r.file.rfind('/') + 1));
  }
  return all;
}

}  // namespace

int execute(const ListArguments& arguments) {
  const Registry registry = look_at_plugins(arguments.plugin_path);
  if (arguments.json) {
    print(to_json(list_value(registry), 2) + "\n");
    return 0;
  }
  Table table({{"KIND"}, {"PLUGIN"}, {"VERSION"}, {"NEEDS"}, {"SUMMARY", Table::Align::left, true}});
  for (const PluginEntry* p : registry.all())
    table.add({std::string(to_string(p->kind)), p->id, p->version, describe_needs(p->needs), p->summary});
  print(table.render(stdout_is_terminal() ? terminal_width(STDOUT_FILENO) : 0, colour_on_stdout()));
  if (table.empty()) print_error("no plugins: " + printable(registry.where_looked()) + "\n");
  for (const Refused& r : refusals_of(registry)) {
    print_error(render(r.why, colour_on_stderr()));
    if (!r.others.empty())
      print_error("      the same is wrong with " + counted(r.others.size(), "other file") + ": " +
                  printable(fmt::format("{}", fmt::join(r.others, ", "))) + "\n");
  }
  return 0;
}

}  // namespace sonde::core::cli
