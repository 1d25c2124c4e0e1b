#include "engine/run_description.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/units.hpp"
#include "engine/services.hpp"
#include "inventory/failed_stage.hpp"
#include "plan/plan_header.hpp"

namespace sonde::core {

namespace {

bool states_ports(const StagePlan& s) {
  return std::find(s.outputs.begin(), s.outputs.end(), FieldTable::ports) != s.outputs.end();
}

/// Which TCP ports the stage asks every host it comes to; nothing when it states no open ports at all.
std::optional<std::string> asked_ports(std::size_t i, const RunShared& shared) {
  const std::vector<StagePlan>& stages = shared.plan.stages;
  if (!states_ports(stages[i])) return std::nullopt;
  const PortOptions options = port_options(stages[i]);
  for (std::size_t earlier = 0; options.by_word && earlier < i; ++earlier)
    if (stages[earlier].enabled && shared.unavailable[earlier].empty() && states_ports(stages[earlier]))
      return std::string();
  // A plugin without such an option chooses by itself, and what it did not find counts as closed.
  return options.ports.empty() ? "1-65535" : format_ports(options.ports);
}

/// As in records, with the name that is taken from a PTR where no plugin states one.
std::vector<std::string> stated_fields(const StagePlan& s, const FieldTable& fields) {
  std::set<std::string> names;
  for (const FieldId id : s.outputs) {
    names.insert(fields[id].name);
    if (id == FieldTable::reverse_dns) names.insert(fields[FieldTable::hostname].name);
  }
  return {names.begin(), names.end()};
}

/// Whoever asks the target itself says that it is alive, by the rule for plugins: any answer is a sign of life.
bool asks_servers(const StagePlan& s) {
  return names_services(s.plugin->schema) &&
         std::find(s.outputs.begin(), s.outputs.end(), FieldTable::alive) == s.outputs.end();
}

/// What is known of the stage over all parts of the run; `counters` of this one.
StageCoverage coverage_of(std::size_t i, const RunShared& shared, const Coordinator& coordinator,
                          const std::vector<StageCounters>& counters) {
  const StagePlan& s = shared.plan.stages[i];
  StageCoverage c;
  c.name = s.name;
  c.plugin = s.plugin->id;
  c.version = s.plugin->version;
  if (i < counters.size()) {
    c.by_outcome = counters[i].by_outcome;
    c.postponed = counters[i].postponed;
    c.dropped_receive = counters[i].dropped_receive;
    c.queue_full = counters[i].queue_full;
    c.asked_again = counters[i].asked_again;
    c.in_doubt = counters[i].in_doubt;
  }
  add_counts(c.by_outcome, coordinator.earlier()[i].by_outcome);
  c.unavailable = shared.unavailable[i];
  c.ports = asked_ports(i, shared);
  c.fields = stated_fields(s, shared.plan.fields);
  c.asks_servers = asks_servers(s);
  c.adaptive = is_adaptive(s);
  c.errors = coordinator.errors()[i];
  return c;
}

void tell_what_is_missing(RunDocument& d, const Plan& plan, const Coordinator& coordinator) {
  const auto failed = coordinator.failed_stages();
  d.complete = d.settled == d.targets && failed.empty();
  if (!d.complete)
    d.why_incomplete = coordinator.timed_out() ? "run_timeout" : coordinator.signal() ? "interrupted" : "stage failed";
  for (const auto& [stage, why] : failed) tell_failed_stage(d, plan.stages[stage].name, why);
  if (d.settled < d.targets)
    d.not_covered.emplace_back(std::to_string(d.targets - d.settled) + " targets", d.why_incomplete);
  if (plan.shard_count > 1)
    d.not_covered.emplace_back(std::to_string(plan.targets.size() - plan.slice.count) + " targets",
                               "belong to the other parts: this is part " + std::to_string(plan.shard_index + 1) +
                                   " of " + std::to_string(plan.shard_count));
}

}  // namespace

RunDocument run_document(const RunShared& shared, const Coordinator& coordinator, const std::string& run_id,
                         const std::string& started, const std::string& ended) {
  const Plan& plan = shared.plan;
  RunDocument d;
  d.run_id = run_id;
  d.pipeline = plan.name;
  d.plan_hash = plan.hash;
  d.sonde_version = SONDE_VERSION;
  d.seed = plan.seed;
  d.started = started;
  d.ended = ended;
  d.scope = plan.targets.addresses().to_strings();
  d.exclusions = plan.scope.exclusions().to_strings();
  d.targets = plan.slice.count;
  const auto counters = shared.inbox.counters(&d.settled);
  d.settled -= coordinator.unasked();
  d.packets = coordinator.packets();
  d.responding = coordinator.responding();
  d.slowed_to = shared.congestion.lowest();
  tell_what_is_missing(d, plan, coordinator);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    if (!plan.stages[i].enabled) continue;
    StageCoverage c = coverage_of(i, shared, coordinator, counters);
    d.dropped_receive += c.dropped_receive;
    // Hosts that the end of the run left outside have an outcome as well.
    const uint64_t told = std::accumulate(c.by_outcome.begin(), c.by_outcome.end(), uint64_t{0});
    if (d.settled < d.targets && told < d.targets)
      c.by_outcome[static_cast<std::size_t>(Outcome::skipped_shutdown)] += d.targets - told;
    d.stages.push_back(std::move(c));
  }
  return d;
}

}  // namespace sonde::core
