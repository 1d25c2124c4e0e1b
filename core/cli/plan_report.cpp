// One section after the other; what came from the file or the machine goes through printable().
#include "cli/plan_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/capabilities.hpp"
#include "cli/outlook.hpp"
#include "cli/progress.hpp"
#include "cli/table.hpp"
#include "engine/privileges.hpp"
#include "plugins/demands.hpp"

namespace sonde::core::cli {
namespace {

constexpr std::size_t shown_ranges = 8;

std::string ranges_text(const AddressSet& set) {
  const std::vector<std::string> all = set.to_strings();
  std::string out;
  for (std::size_t i = 0; i < all.size() && i < shown_ranges; ++i) out += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > shown_ranges) out += fmt::format(" and {} more ranges", all.size() - shown_ranges);
  return out.empty() ? "none" : out;
}

std::string between(const std::string& low, const std::string& high) {
  return low == high ? low : low + " to " + high;
}

std::string packets_text(const StageEstimate& e) {
  const auto [low, high] = std::minmax(e.packets_if_silent, e.packets_if_alive);
  return between(std::to_string(low), std::to_string(high)) +
         (e.packets_at_most > high ? fmt::format(", at most {}", e.packets_at_most) : "");
}

std::string estimate_text(uint64_t packets, int64_t duration) {
  return counted(packets, "packet") + ", " + rough_duration(duration);
}

void add_options(std::string& out, const Value& options, const Schema& schema) {
  const Value shown = redacted(options, schema);
  Table table({{"      option"}, {"value"}, {"from"}});
  for (const Schema::Property& property : schema.properties) {
    const Value* value = shown.find(property.name);
    const Value* original = options.find(property.name);
    if (value == nullptr || original == nullptr) continue;
    table.add(
        {"      " + property.name,
         has_secret(property.schema) && value->text() != nullptr ? *value->text() : display(*value, property.schema),
         origin_text(*original)});
  }
  const std::string text = table.render(0, false);
  if (!text.empty()) out += text.substr(text.find('\n') + 1);
}

std::string privileges_text(const StagePlan& stage) {
  const uint32_t needs = needs_of(*stage.plugin, stage.options);
  std::string out = describe_needs(needs);
  for (const Privilege& p : privileges_of(needs)) {
    out += fmt::format("; {} is {}", p.name, p.present ? "present" : "absent");
  }
  constexpr uint32_t child_with_raw = SONDE_NEED_EXEC | SONDE_NEED_RAW;
  if ((needs & child_with_raw) == child_with_raw && has_net_raw())
    out += "; CAP_NET_RAW is kept during the run, for its child";
  if ((needs & SONDE_NEED_SOCKETS) != 0) out += "; its library opens sockets, each asked for first";
  return out;
}

/// "2s for each host, 256 of 4096 hosts at a time, 32s in all"; of a host alone, "2s".
std::string waits_text(const StageEstimate::Waits& w) {
  std::string out = short_duration(w.each);
  if (w.hosts > 1)
    out += w.batch > 1 ? fmt::format(" for each batch of {}", std::min(w.batch, w.hosts)) : " for each host";
  if (w.cut) out += ", which its deadline ends";
  if (w.hosts <= 1) return out;
  return out + (w.at_once >= w.hosts ? fmt::format(", all {} hosts at a time", w.hosts)
                                     : fmt::format(", {} of {} hosts at a time, {} in all", w.at_once, w.hosts,
                                                   short_duration(w.total)));
}

std::string unavailable_here(const Plan& plan, std::size_t stage) {
  return stage < plan.unavailable.size() ? plan.unavailable[stage] : std::string();
}

void add_stage(std::string& out, const Plan& plan, const StagePlan& stage, std::size_t number) {
  std::string title = printable(stage.name);
  if (stage.name != stage.plugin->id) title += " (" + printable(stage.plugin->id) + ")";
  out += fmt::format("\n  {}. {} {}{}{}\n", number, title, printable(stage.plugin->version),
                     stage.optional ? ", optional" : "", stage.enabled ? "" : ", not enabled");
  if (!stage.enabled) return;
  if (const std::string why = unavailable_here(plan, number - 1); !why.empty())
    out += fmt::format("    here     {}: {}\n", stage.optional ? "skipped" : "a run is refused", printable(why));
  if (!stage.when_text.empty()) out += "    when     " + printable(stage.when_text) + "\n";
  for (const StageEstimate& e : plan.estimate.stages) {
    if (e.stage != stage.name) continue;
    out += fmt::format("    packets  {}\n", packets_text(e));
    if (e.if_silent.total > 0) out += "    silence  " + waits_text(e.if_silent) + "\n";
    if (e.if_alive.total > 0) out += "    answers  " + waits_text(e.if_alive) + "\n";
  }
  out += fmt::format("    task     at most {} a host\n    needs    {}\n", short_duration(stage.deadline),
                     privileges_text(stage));
  add_options(out, stage.options, stage.plugin->schema);
}

std::string limit_text(std::string_view name, const Value& v) {
  const uint64_t* u = v.unsigned_integer();
  const int64_t* i = v.integer();
  const bool zero = (u != nullptr && *u == 0) || (i != nullptr && *i == 0);
  if (zero && name == "shards") return "one a core";
  if (zero) return "unlimited";
  if (name == "run_timeout" && i != nullptr) return format_duration(*i);
  return v.text() != nullptr ? *v.text() : to_json(v);
}

void add_limits(std::string& out, const Plan& plan) {
  if (plan.limits_value.object() == nullptr || plan.limits_value.object()->empty()) return;
  out += "\nLimits\n";
  Table table({{"  limit"}, {"value"}, {"from"}});
  for (const Value::Member& m : *plan.limits_value.object())
    table.add({"  " + m.key, limit_text(m.key, m.value), origin_text(m.value)});
  const std::string text = table.render(0, false);
  out += text.substr(text.find('\n') + 1);
}

}  // namespace

std::string origin_text(const Value& v) {
  const std::string place = v.where.file.empty() ? "file"
                            : v.where.line == 0  ? v.where.file
                                                 : v.where.file + ":" + std::to_string(v.where.line);
  switch (v.origin) {
    case Origin::schema_default:
      return "default";
    case Origin::file:
      return place;
    case Origin::environment:
      return "environment, " + place;
    case Origin::command_line:
      return "--set";
  }
  return place;
}

std::vector<std::string> files_of(const Plan& plan) {
  std::vector<std::string> files{plan.output_dir + "/journal/RUN-ID"};
  for (const OutputPlan& output : plan.outputs) {
    const Value* path = output.options.find("path");
    if (path == nullptr || path->text() == nullptr) continue;
    files.push_back(*path->text() == "-" ? "standard output" : *path->text());
  }
  if (!plan.history.dir.empty()) files.push_back(plan.history.dir + "/YYYY-MM-DD.json and YYYY-MM-DD.run.json");
  files.push_back(plan.output_dir + "/run.json");
  return files;
}

std::string report(const Plan& plan) {
  std::string out = fmt::format("Pipeline {} ({})\n", printable(plan.name), printable(plan.file));
  out += fmt::format("  plan      {}\n  seed      {}\n", plan.id.substr(0, 16), plan.seed);
  out += fmt::format("  targets   {}: {}\n", plan.targets.size(), ranges_text(plan.targets.addresses()));
  if (plan.slice.count != plan.targets.size())
    out += fmt::format("  part      {} of {}: {} of the targets\n", plan.shard_index + 1, plan.shard_count,
                       plan.slice.count);
  out += fmt::format("  excluded  {}\n", ranges_text(plan.scope.exclusions()));
  if (plan.scope.rules().allow_public) out += "  public addresses are permitted (allow_public)\n";
  if (plan.scope.rules().allow_print_ports) out += "  printer ports are permitted (allow_print_ports)\n";
  if (plan.assume_up) out += "  tests of alive are answered as for a host that is (assume_up)\n";

  out += "\nStages";
  std::size_t number = 0;
  for (const StagePlan& stage : plan.stages) add_stage(out, plan, stage, ++number);
  add_limits(out, plan);

  const Estimate& e = plan.estimate;
  out += fmt::format("\nEstimate\n  if nothing answers  {}\n  if all answer       {}\n",
                     estimate_text(e.packets_if_silent, e.duration_if_silent),
                     estimate_text(e.packets_if_alive, e.duration_if_alive));
  out += "  at most             " + bound_text(e) + "\n";
  if (!e.decided_by.empty()) out += "  decided by          " + e.decided_by + "\n";
  out += "\nOutputs";
  for (const OutputPlan& output : plan.outputs) {
    out += fmt::format("\n  {}{}\n", printable(output.name), output.streaming ? ", each host as it is done" : "");
    add_options(out, output.options, output.plugin->schema);
  }
  out += "\nFiles\n";
  for (const std::string& file : files_of(plan)) out += "  " + printable(file) + "\n";
  return out;
}

}  // namespace sonde::core::cli
