// The estimate: two imagined runs, one in which nothing answers and one in which everything does, played through for an
// even sample of the targets, and the most that may leave: hosts may answer one stage and not the next.
#include "plan/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::core {
namespace {

constexpr uint64_t most_samples = 16'384;
constexpr long double second = 1e9L;

/// What one stage costs a target.
struct StageCost {
  const StagePlan* stage = nullptr;
  uint64_t silent = 0, alive = 0, most = 0;
  bool open_ended = false;  ///< its answers may lead to more than `most`
  uint64_t wait = 0;        ///< ns, when nothing answers
  uint64_t alive_wait = 0;  ///< ns, when it answers
  bool in_turn = false;     ///< silent hosts of a batch wait one behind the other
  bool asks_link = false;
  uint64_t silent_tasks = 0, alive_tasks = 0, possible_tasks = 0;  ///< among the samples
};

uint64_t amount_of(const StagePlan& stage, std::string_view member) {
  return core::cost_of(*stage.plugin, stage.options, member);
}

uint64_t clamp(long double v) {
  return v >= 1e18L ? uint64_t{1'000'000'000'000'000'000} : static_cast<uint64_t>(v + 0.5L);
}

class Estimator {
 public:
  Estimator(const Plan& plan, const std::vector<std::string>& unavailable) : plan_(plan) {
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      const StagePlan& stage = plan.stages[i];
      const bool skipped = stage.optional && i < unavailable.size() && !unavailable[i].empty();
      if (!stage.enabled || skipped) continue;
      bool link = std::find(stage.outputs.begin(), stage.outputs.end(), FieldTable::link) != stage.outputs.end();
      uses_facts_ |= stage.when != nullptr;
      const bool spared = is_spared(stage);
      StageCost cost{&stage, spared ? 0 : amount_of(stage, "silent"), amount_of(stage, "alive")};
      cost.most = most_of(stage.options, *stage.plugin);
      cost.open_ended = amount_of(stage, "open_ended") != 0;
      if (spared) add_values_found(stage, cost);
      cost.wait = spared ? 0 : silent_wait(stage);
      cost.alive_wait = amount_of(stage, "alive_wait");
      cost.in_turn = amount_of(stage, "in_turn") != 0;
      cost.asks_link = link;
      costs_.push_back(cost);
    }
  }

  Estimate run() {
    const uint64_t total = plan_.targets.size();
    const uint64_t samples = std::min(total, most_samples);
    sampled_ = samples < total;
    for (uint64_t i = 0; i < samples; ++i)
      play(plan_.targets.at(static_cast<uint64_t>(static_cast<uint128>(i) * total / samples)));
    scale_ = samples == 0 ? 0 : static_cast<long double>(plan_.slice.count) / static_cast<long double>(samples);
    return sum_up();
  }

 private:
  static uint64_t most_of(const Value& options, const PluginEntry& plugin) {
    if (cost_expression(plugin, options, "most")) return core::cost_of(plugin, options, "most");
    return std::max(core::cost_of(plugin, options, "silent"), core::cost_of(plugin, options, "alive"));
  }

  /// The field of which the stage is told by earlier ones, and costs a silent target nothing then; or no_field.
  FieldId spared_by(const StagePlan& stage) const {
    const Value* input = cost_expression(*stage.plugin, stage.options, "spared_by");
    return input && input->text() ? plan_.fields.find(*input->text()) : no_field;
  }
  static bool writes(const StageCost& earlier, FieldId field) {
    const auto& outputs = earlier.stage->outputs;
    return std::find(outputs.begin(), outputs.end(), field) != outputs.end();
  }
  /// Whether an earlier stage tells this one that there is nothing to ask a silent target.
  bool is_spared(const StagePlan& stage) const {
    const FieldId field = spared_by(stage);
    return field != no_field &&
           std::any_of(costs_.begin(), costs_.end(), [&](const StageCost& c) { return writes(c, field); });
  }

  /// Such a stage asks as much as earlier ones find: no more values than they ask questions of a target that answers.
  void add_values_found(const StagePlan& stage, StageCost& cost) const {
    const FieldId field = spared_by(stage);
    uint64_t values = 0;
    for (const StageCost& earlier : costs_) {
      if (!writes(earlier, field)) continue;
      values += earlier.alive;
      // What it reads somewhere, instead of asking, says nothing about how much that is.
      cost.open_ended |= earlier.alive == 0;
    }
    cost.open_ended |= plan_.source_facts.has_field(field);
    Value told = stage.options;
    told.set(plan_.fields[field].name, Value(values));
    cost.most = std::max(cost.most, most_of(told, *stage.plugin));
  }

  /// A plugin with several connections declares its wait as if they stood one behind the other; as many as permitted
  /// stand side by side.
  uint64_t silent_wait(const StagePlan& stage) const {
    const uint64_t wait = amount_of(stage, "wait");
    const uint64_t connections = amount_of(stage, "connections");
    if (connections == 0) return wait;
    const uint64_t limit = plan_.limits.connections_per_host;
    const uint64_t at_once = limit == 0 ? connections : std::min(limit, connections);
    const uint64_t rounds = (connections + at_once - 1) / at_once;
    return clamp(static_cast<long double>(wait) * static_cast<long double>(rounds) /
                 static_cast<long double>(connections));
  }

  void play(const IpAddress& address) {
    const bool on_link = plan_.scope.on_link(address) != nullptr;
    std::vector<Fact> known;
    if (uses_facts_) static_cast<void>(plan_.source_facts.find(address, known));  // the run tells what is wrong
    std::vector<Fact> when_alive = known;
    when_alive.push_back({FieldTable::alive, core_stage, {}, Scalar::boolean(true)});
    bool no_neighbour = false;
    for (StageCost& cost : costs_) {
      if (cost.asks_link && !on_link) continue;
      const When* when = cost.stage->when.get();
      if (!no_neighbour && (!when || when->test(address, known))) {
        ++cost.silent_tasks;
        if (cost.asks_link && plan_.limits.trust_arp) no_neighbour = true;
      }
      // What an answering host will have told by then is unknown: only `alive` and the address can rule a stage out.
      const bool decidable = !when || when->fields().empty() || when->fields() == std::vector{FieldTable::alive};
      const bool if_alive = !decidable || !when || when->test(address, when_alive);
      if (if_alive) ++cost.alive_tasks;
      // One that answers nobody but is asked all the same, as where ARP is not trusted, is possible too.
      if (if_alive || when->test(address, known)) ++cost.possible_tasks;
    }
  }

  Estimate sum_up() const {
    Estimate out;
    long double silent = 0, alive = 0, most = 0;
    Sum if_silent, if_alive;
    out.sampled = sampled_;
    for (const StageCost& cost : costs_) {
      const long double silent_tasks = static_cast<long double>(cost.silent_tasks) * scale_;
      const long double alive_tasks = static_cast<long double>(cost.alive_tasks) * scale_;
      StageEstimate one{cost.stage->name,
                        clamp(silent_tasks * static_cast<long double>(cost.silent)),
                        clamp(alive_tasks * static_cast<long double>(cost.alive)),
                        clamp(possible_tasks(cost) * static_cast<long double>(cost.most)),
                        {},
                        {}};
      silent += static_cast<long double>(one.packets_if_silent);
      alive += static_cast<long double>(one.packets_if_alive);
      most += static_cast<long double>(one.packets_at_most);
      if (cost.open_ended && cost.possible_tasks != 0) out.not_contained.push_back(one.stage);
      one.if_silent = waits_of(cost, silent_tasks, cost.wait, cost.in_turn, if_silent);
      one.if_alive = waits_of(cost, alive_tasks, cost.alive_wait, false, if_alive);
      out.stages.push_back(std::move(one));
    }
    out.packets_if_silent = clamp(silent);
    out.packets_if_alive = clamp(alive);
    out.packets_at_most = clamp(most);
    // Bound by the rate or by how many may wait at once, and the last target waits through all stages.
    out.duration_if_silent = static_cast<int64_t>(clamp(std::max(at_rate(silent), if_silent.window) + if_silent.last));
    out.duration_if_alive = static_cast<int64_t>(clamp(std::max(at_rate(alive), if_alive.window) + if_alive.last));
    const Sum& slower = if_silent.window >= if_alive.window ? if_silent : if_alive;
    if (slower.narrowest != nullptr && slower.window > std::max(at_rate(silent), at_rate(alive)))
      out.decided_by = window_of(*slower.narrowest->stage).limit;
    else if (plan_.limits.packets_per_second != 0 && std::max(silent, alive) > 0)
      out.decided_by = fmt::format("limits.packets_per_second ({})", plan_.limits.packets_per_second);
    return out;
  }

  /// Of the slice. A part may have more than its share of the targets that a stage is for.
  long double possible_tasks(const StageCost& cost) const {
    const auto counted = static_cast<long double>(cost.possible_tasks);
    return sampled_ ? counted * scale_ : std::min(counted, static_cast<long double>(plan_.slice.count));
  }

  /// Over the stages of one imagined run.
  struct Sum {
    long double window = 0;  ///< ns of the stage whose hosts wait longest for a place
    long double last = 0;    ///< ns of the last host, through all stages
    const StageCost* narrowest = nullptr;
  };

  StageEstimate::Waits waits_of(const StageCost& cost, long double tasks, uint64_t wait, bool in_turn, Sum& sum) const {
    StageEstimate::Waits out;
    if (tasks <= 0 || wait == 0) return out;
    const Window window = window_of(*cost.stage);
    auto each = static_cast<long double>(wait);
    if (in_turn) {
      const uint64_t batch = std::max<uint64_t>(1, batch_of(*cost.stage->plugin, cost.stage->options));
      each *= std::min(static_cast<long double>(batch), tasks);
      const auto deadline = static_cast<long double>(cost.stage->deadline);
      out.batch = batch;
      out.cut = deadline > 0 && each > deadline;
      if (out.cut) each = deadline;
    }
    // What fits into the window waits once, together.
    const long double turns = std::max(0.0L, tasks / window.hosts - 1) * each;
    if (turns > sum.window) sum.narrowest = &cost;
    sum.window = std::max(sum.window, turns);
    sum.last += each;
    out.each = static_cast<int64_t>(clamp(each));
    out.hosts = clamp(tasks);
    out.at_once = clamp(window.hosts);
    out.total = static_cast<int64_t>(clamp(turns + each));
    return out;
  }

  long double at_rate(long double packets) const {
    uint64_t rate = plan_.limits.packets_per_second;
    return rate == 0 ? 0 : packets * second / static_cast<long double>(rate);
  }

  /// How many tasks of a stage wait at once over all its instances, and what says so.
  struct Window {
    long double hosts = 1;
    std::string limit;
  };
  Window window_of(const StagePlan& stage) const {
    const PluginEntry& plugin = *stage.plugin;
    uint64_t window = std::max<uint64_t>(1, plan_.limits.hosts_in_flight);
    std::string limit = fmt::format("limits.hosts_in_flight ({})", window);
    const auto narrow = [&](uint64_t most, std::string_view name) {
      if (most >= window) return;
      window = most;
      limit = fmt::format("{} ({})", name, most);
    };
    const std::string own = fmt::format("how many hosts the plugin {} takes at once", plugin.id);
    if (plugin.max_in_flight != 0) narrow(plugin.max_in_flight, own);
    if (plugin.blocking()) {
      narrow(std::max<uint64_t>(1, plan_.limits.workers), "limits.workers");
      if (plugin.max_instances != 0) narrow(plugin.max_instances, own);
      if (const uint64_t batch = batch_of(plugin, stage.options); batch > 1) {
        window = std::min(window * batch, std::max<uint64_t>(1, plan_.limits.hosts_in_flight));
        limit = fmt::format("{} ({})", own, window);
      }
    }
    return {static_cast<long double>(window), std::move(limit)};
  }

  const Plan& plan_;
  std::vector<StageCost> costs_;
  bool uses_facts_ = false;  ///< some stage has a `when`
  bool sampled_ = false;
  long double scale_ = 0;
};

}  // namespace

Estimate estimate(const Plan& plan, const std::vector<std::string>& unavailable) {
  return Estimator(plan, unavailable).run();
}

}  // namespace sonde::core
