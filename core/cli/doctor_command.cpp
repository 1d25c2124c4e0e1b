// sonde doctor [FILE]: what this machine allows, with remedies; and which stages of a pipeline can run here.
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "cli/capabilities.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/doctor_checks.hpp"
#include "cli/pipeline_plan.hpp"

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
  Finding f{"plugins", fmt::format("{} found", registry.all().size()), Health::good, ""};
  if (const std::size_t refused = registry.refusals().size(); refused != 0) {
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
  return plan_from(arguments, registry, false, out);
}

std::vector<Finding> check_pipeline(const std::string& file, const Plan* plan) {
  std::vector<Finding> findings;
  if (plan == nullptr) return {{"pipeline", file + " has errors", Health::bad, "sonde validate " + file}};
  for (const StagePlan& stage : plan->stages) {
    if (!stage.enabled) continue;
    Finding f{"stage " + stage.name, "can run", Health::good, ""};
    for (const Privilege& p : privileges_of(*stage.plugin)) {
      if (p.present) continue;
      f.found = p.name + " is absent";
      f.health = stage.optional ? Health::limited : Health::bad;
      f.remedy = stage.optional ? "it does what it can without, or is skipped"
                                : "grant it, or mark the stage `optional: true`";
    }
    findings.push_back(std::move(f));
  }
  return findings;
}

std::string render_finding(const Finding& f, bool colour) {
  constexpr std::string_view marks[] = {"ok", "limited", "bad"};
  constexpr std::string_view colours[] = {"\033[32m", "\033[33m", "\033[31m"};
  const auto health = static_cast<std::size_t>(f.health);
  std::string out = fmt::format("{}{:<8}{} {:<20} {}\n", colour ? colours[health] : "", marks[health],
                                colour ? "\033[0m" : "", printable(f.subject), printable(f.found));
  if (!f.remedy.empty()) out += std::string(30, ' ') + printable(f.remedy) + "\n";
  return out;
}

}  // namespace

int execute(const DoctorArguments& arguments) {
  const Registry registry = load_plugins(arguments.plugin_path);
  Diagnostics out;
  const auto plan = arguments.file.empty() ? nullptr : plan_of(arguments, registry, out);
  std::vector<Finding> findings{check_plugins(registry), check_raw_sockets(), check_ping_sockets(),
                                check_descriptors()};
  const auto append = [&](std::vector<Finding> more) {
    for (Finding& f : more) findings.push_back(std::move(f));
  };
  append(check_neighbour_tables());
  findings.push_back(check_local_ports());
  findings.push_back(check_conntrack());
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
