// The estimate: two imagined runs, one in which nothing answers and one in which everything does, played through for an
// even sample of the targets.
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
  uint64_t silent = 0, alive = 0;
  uint64_t wait = 0;  ///< ns, when nothing answers
  bool asks_link = false;
  uint64_t silent_tasks = 0, alive_tasks = 0;  ///< among the samples
};

uint64_t amount_of(const StagePlan& stage, std::string_view member) {
  return core::cost_of(*stage.plugin, stage.options, member);
}

uint64_t clamp(long double v) {
  return v >= 1e18L ? uint64_t{1'000'000'000'000'000'000} : static_cast<uint64_t>(v + 0.5L);
}

class Estimator {
 public:
  explicit Estimator(const Plan& plan) : plan_(plan) {
    for (const StagePlan& stage : plan.stages) {
      if (!stage.enabled) continue;
      bool link = std::find(stage.outputs.begin(), stage.outputs.end(), FieldTable::link) != stage.outputs.end();
      const uint64_t silent = amount_of(stage, "silent");
      uses_facts_ |= stage.when != nullptr;
      costs_.push_back({&stage, silent, amount_of(stage, "alive"), silent_wait(stage, silent), link});
    }
  }

  Estimate run() {
    const uint64_t total = plan_.targets.size();
    const uint64_t samples = std::min(total, most_samples);
    for (uint64_t i = 0; i < samples; ++i)
      play(plan_.targets.at(static_cast<uint64_t>(static_cast<uint128>(i) * total / samples)));
    scale_ = samples == 0 ? 0 : static_cast<long double>(plan_.slice.count) / static_cast<long double>(samples);
    return sum_up();
  }

 private:
  /// A plugin declares its wait as if connections stood one behind the other; as many as permitted stand side by side.
  uint64_t silent_wait(const StagePlan& stage, uint64_t connections) const {
    const uint64_t wait = amount_of(stage, "wait");
    if ((stage.plugin->needs & SONDE_NEED_CONNECT) == 0 || stage.plugin->blocking() || connections == 0) return wait;
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
      bool decidable = !when || when->fields().empty() || when->fields() == std::vector{FieldTable::alive};
      if (!decidable || !when || when->test(address, when_alive)) ++cost.alive_tasks;
    }
  }

  Estimate sum_up() const {
    Estimate out;
    long double silent = 0, alive = 0, silent_window = 0, waits = 0;
    const StageCost* narrowest = nullptr;
    for (const StageCost& cost : costs_) {
      long double tasks = static_cast<long double>(cost.silent_tasks) * scale_;
      StageEstimate one{
          cost.stage->name, clamp(tasks * static_cast<long double>(cost.silent)),
          clamp(static_cast<long double>(cost.alive_tasks) * scale_ * static_cast<long double>(cost.alive))};
      silent += static_cast<long double>(one.packets_if_silent);
      alive += static_cast<long double>(one.packets_if_alive);
      if (tasks > 0) {
        auto wait = static_cast<long double>(cost.wait);
        // What fits into the window waits once, together.
        const long double turns = (tasks / window_of(*cost.stage).hosts - 1) * wait;
        if (turns > silent_window) narrowest = &cost;
        silent_window = std::max(silent_window, turns);
        waits += wait;
      }
      out.stages.push_back(std::move(one));
    }
    out.packets_if_silent = clamp(silent);
    out.packets_if_alive = clamp(alive);
    // Silence is bound by the rate or by how many may wait at once, and the last target waits through all stages.
    out.duration_if_silent = static_cast<int64_t>(clamp(std::max(at_rate(silent), silent_window) + waits));
    out.duration_if_alive = static_cast<int64_t>(clamp(at_rate(alive)));
    const bool by_window = narrowest != nullptr && silent_window > std::max(at_rate(silent), at_rate(alive));
    if (by_window)
      out.decided_by = window_of(*narrowest->stage).limit;
    else if (plan_.limits.packets_per_second != 0 && std::max(silent, alive) > 0)
      out.decided_by = fmt::format("limits.packets_per_second ({})", plan_.limits.packets_per_second);
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
  long double scale_ = 0;
};

}  // namespace

Estimate estimate(const Plan& plan) {
  return Estimator(plan).run();
}

}  // namespace sonde::core
