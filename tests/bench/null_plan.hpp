// A plan over a range of 127.0.0.0/8 whose stages are probes that send nothing: what a run of it takes is the engine's
// own. No library is loaded: the plugins' tables stand in this program.
#pragma once
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace sonde::core::bench {

/// What each probe does with its tasks.
enum class Work {
  done,         ///< ends them inside start(): positive
  target_done,  ///< asks for the address of each first
  put_done,     ///< states a fact about each first, so that each host becomes a record
  silent_later  ///< keeps them, and ends them without an answer in a timer that is due at once
};

const sonde_plugin* null_plugin(Work);
const sonde_probe* null_probe(Work);

class NullPlan {
 public:
  NullPlan(uint32_t targets, std::size_t stages, uint64_t shards, Work work) : entries_(stages) {
    directory_ = std::filesystem::temp_directory_path() / ("sonde-bench-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    plan_.output_dir = directory_;
    plan_.limits.packets_per_second = 0;
    plan_.limits.shards = shards;
    plan_.seed = 7;
    plan_.hash = "bench";
    AddressSet set;
    const uint32_t first = (127u << 24) + 256;
    set.add(AddressRange{IpAddress::v4(first), IpAddress::v4(first + targets - 1)});
    plan_.targets = TargetSet(std::move(set));
    plan_.slice = {0, targets};
    for (std::size_t i = 0; i < stages; ++i) plan_.stages.push_back(stage(entries_[i], i, work));
  }
  ~NullPlan() { std::filesystem::remove_all(directory_); }
  NullPlan(const NullPlan&) = delete;
  NullPlan& operator=(const NullPlan&) = delete;
  const Plan& plan() const { return plan_; }

 private:
  StagePlan stage(PluginEntry& entry, std::size_t i, Work work) {
    entry.kind = PluginKind::probe;
    entry.id = "null" + std::to_string(i);
    entry.version = "1";
    entry.plugin = null_plugin(work);
    entry.probe = null_probe(work);
    entry.outputs = {{"alive", "", SONDE_BOOL, SONDE_SCALAR, 0}};
    StagePlan s;
    s.name = entry.id;
    s.plugin = &entry;
    s.deadline = 10'000'000'000;
    s.outputs = {FieldTable::alive};
    return s;
  }

  std::filesystem::path directory_;
  std::vector<PluginEntry> entries_;
  Plan plan_;
};

}  // namespace sonde::core::bench
