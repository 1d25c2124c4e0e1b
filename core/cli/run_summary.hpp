// What is said after a run.
#pragma once
#include <functional>
#include <string>

#include "engine/run.hpp"
#include "plan/plan.hpp"

namespace sonde::core::cli {

/// The hosts that responded, one at a time, in the shape of the JSON export, by address.
void each_responding(const RunResult&, const Plan&, const std::function<void(Value)>&);
/// One line a stage that this machine did not allow.
std::string unavailable_text(const RunDocument&);
/// "3 new, 1 gone, 2 changed since the run before", or empty without a delta.
std::string delta_text(const RunDocument&);
/// "... and 40 more hosts in inventory.json": what a table that was cut short leaves out, and where it is.
std::string more_hosts_text(const RunResult&, const Plan&, std::size_t left_out);
/// Counts, files, how to go on when it is not complete. `resumed`: `elapsed` is of the last part alone.
std::string summary(const RunResult&, const Plan&, int64_t elapsed, bool resumed = false);

}  // namespace sonde::core::cli
