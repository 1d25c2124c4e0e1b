// sonde doctor [FILE]: what this machine allows, with remedies; and which stages of a pipeline can run here.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/pipeline_plan.hpp"
#include "engine/run.hpp"
#include "plugins/demands.hpp"

namespace sonde::core::cli {
namespace {

constexpr std::string_view oui_plugin = "arp-oui";

/// The vendor data of the pipeline's stages; where they name none, what arp-oui takes then: the package ieee-data's.
std::vector<std::string> oui_files(const Registry& registry, const Plan* plan) {
  std::vector<std::string> files;
  if (registry.find(PluginKind::probe, oui_plugin) == nullptr) return files;
  if (plan != nullptr)
    for (const StagePlan& stage : plan->stages)
      if (const Value* named = stage.options.find("oui_files");
          stage.enabled && stage.plugin->id == oui_plugin && named != nullptr && named->array() != nullptr)
        for (const Value& file : *named->array())
          if (file.text() != nullptr) files.push_back(*file.text());
  if (!files.empty()) return files;
  for (const char* name : {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"}) {
    const std::string updated = std::string("/var/lib/ieee-data/") + name;
    files.push_back(::access(updated.c_str(), R_OK) == 0 ? updated : std::string("/usr/share/ieee-data/") + name);
  }
  return files;
}

Finding check_plugins(const Registry& registry) {
  std::set<std::string_view> ids;  // one may be a probe and a source
  for (const auto& plugin : registry.all()) ids.insert(plugin->id);
  Finding f{"plugins", counted(ids.size(), "plugin") + " found", Health::good, ""};
  const auto refused = std::count_if(registry.refusals().begin(), registry.refusals().end(),
                                     [](const auto& r) { return r.why.severity == Severity::error; });
  if (refused != 0) {
    f.found += fmt::format(", {} refused", refused);
    f.health = Health::limited;
    f.remedy = "`sonde list` says why";
  }
  if (registry.all().empty()) {
    f.health = Health::bad;
    f.remedy = "install them, or name their directory with --plugin-path";
  }
  return f;
}

std::unique_ptr<Plan> plan_of(const DoctorArguments& given, const Registry& registry, Diagnostics& out) {
  PipelineArguments arguments;
  arguments.file = given.file;
  arguments.plugin_path = given.plugin_path;
  arguments.overrides.allow_unset_env = true;
  return plan_from(arguments, registry, PlanFor::checking, out);
}

bool uses(const Plan* plan, auto&& stage_is) {
  return plan == nullptr || std::any_of(plan->stages.begin(), plan->stages.end(),
                                        [&](const StagePlan& s) { return s.enabled && stage_is(s); });
}

/// Without the advice to ask who is speaking.
std::string remedy_of(const Diagnostic& d) {
  std::string remedy = d.hint.empty() ? std::string(message(d.id).remedy) : d.hint;
  constexpr std::string_view oneself = " (sonde doctor)";
  if (const auto at = remedy.find(oneself); at != std::string::npos) remedy.erase(at, oneself.size());
  return remedy;
}

/// What a run would find when it starts, found in the same way.
std::vector<Finding> check_pipeline(const std::string& file, const Plan* plan) {
  if (plan == nullptr) return {{"pipeline", file + " has errors", Health::bad, "correct what stands below"}};
  std::vector<Finding> findings;
  const Trial trial = try_plan(*plan);
  const auto& problems = trial.stages;
  for (std::size_t i = 0; i < plan->stages.size(); ++i) {
    const StagePlan& stage = plan->stages[i];
    if (!stage.enabled) continue;
    Finding f{"stage " + stage.name, "can run", Health::good, ""};
    if (problems[i]) {
      const std::string subject = "stage '" + stage.name + "': ";
      const auto reason = [&](const Diagnostic& d) {
        return d.text.starts_with(subject) ? d.text.substr(subject.size()) : d.text;
      };
      f.found = reason(*problems[i]);
      for (const Diagnostic& other : problems[i]->also) f.found += "; " + reason(other);
      const bool skipped = stage.optional && problems[i]->id != "stage-config";
      if (skipped) f.found += " (optional: it will be skipped)";
      f.health = skipped ? Health::limited : Health::bad;
      f.remedy = remedy_of(*problems[i]);
    }
    findings.push_back(std::move(f));
  }
  for (std::size_t i = 0; i < plan->outputs.size(); ++i)
    if (const auto& problem = trial.outputs[i])
      findings.push_back({"output " + plan->outputs[i].name, problem->text, Health::bad, remedy_of(*problem)});
  findings.push_back(check_output_directory(plan->output_dir));
  return findings;
}

std::string render_finding(const Finding& f, bool colour) {
  constexpr std::string_view marks[] = {"ok", "limited", "missing", "unknown"};
  constexpr std::string_view colours[] = {"\033[32m", "\033[33m", "\033[31m", "\033[33m"};
  const auto health = static_cast<std::size_t>(f.health);
  std::string out = fmt::format("{}{:<8}{} {:<20} {}\n", colour ? colours[health] : "", marks[health],
                                colour ? "\033[0m" : "", printable(f.subject), printable(f.found));
  if (!f.remedy.empty()) out += std::string(30, ' ') + printable(f.remedy) + "\n";
  return out;
}

}  // namespace

int execute(const DoctorArguments& arguments) {
  const Registry registry = look_at_plugins(arguments.plugin_path);
  Diagnostics out;
  const auto plan = arguments.file.empty() ? nullptr : plan_of(arguments, registry, out);
  std::vector<Finding> findings{check_plugins(registry)};
  const auto append = [&](std::vector<Finding> more) {
    for (Finding& f : more) findings.push_back(std::move(f));
  };
  // Of a pipeline: only what it uses.
  if (uses(plan.get(), [](const StagePlan& s) { return (needs_of(*s.plugin, s.options) & SONDE_NEED_RAW) != 0; })) {
    const Finding raw = check_raw_sockets();
    findings.push_back(raw);
    findings.push_back(check_ping_sockets(raw.health == Health::good));
  }
  findings.push_back(check_descriptors());
  append(check_neighbour_tables());
  findings.push_back(check_local_ports());
  findings.push_back(check_conntrack());
  if (uses(plan.get(), [](const StagePlan& s) { return s.plugin->id == oui_plugin; }))
    append(check_oui_files(oui_files(registry, plan.get())));
  findings.push_back(check_resolver());
  if (!arguments.file.empty()) append(check_pipeline(arguments.file, plan.get()));

  bool mend = false;
  for (const Finding& f : findings) {
    print(render_finding(f, colour_on_stdout()));
    mend = mend || f.health == Health::bad;
  }
  print_error(out.render_sorted(colour_on_stderr()));
  if (out.has_errors()) return static_cast<int>(out.exit_code());
  return static_cast<int>(mend ? Exit::trouble : Exit::ok);
}

}  // namespace sonde::core::cli
