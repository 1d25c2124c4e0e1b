// What is said after a run.
#pragma once
#include <functional>
#include <string>

#include "engine/run.hpp"
#include "plan/plan.hpp"

namespace sonde::core::cli {

/// The hosts that responded, one at a time, in the shape of the JSON export, by address.
void each_responding(const RunResult&, const FoldContext&, const std::function<void(Value)>&);
/// One line a stage that this machine did not allow.
std::string unavailable_text(const RunDocument&);
/// "3 new, 1 gone, 2 changed since run 20261122T031500Z-0a1b2c", or empty without a delta.
std::string delta_text(const RunDocument&);
/// A line for each way in which packets were lost on this machine or on the path, with the remedy. Empty: none was.
std::string losses_text(const RunDocument&);
/// "... and 40 more hosts in inventory.json": what a table that was cut short leaves out, and where it is.
std::string more_hosts_text(const RunResult&, const Plan&, std::size_t left_out);
/// What a run did not come to, and how to go on; empty when it is complete. Told with --quiet as well.
std::string shortfall_text(const RunResult&);
/// How to go on with the run of that journal.
std::string resume_hint(const std::string& journal);
/// What runs that were merged leave uncovered; empty when nothing.
std::string merge_shortfall_text(const RunResult&);
/// What went before a resumed run: a part that ended by itself, or one that a crash, a kill -9 or a power failure broke
/// off, of which the journal does not know the last packets.
enum class EarlierPart { none, ended, broke_off };
/// Counts, files, how to go on when it is not complete. With an earlier part `elapsed` is of the last one alone.
std::string summary(const RunResult&, const Plan&, int64_t elapsed, EarlierPart = EarlierPart::none);
/// The same of runs that were merged: what they leave uncovered instead of how to go on.
std::string merge_summary(const RunResult&, const Plan& outputs);

}  // namespace sonde::core::cli
