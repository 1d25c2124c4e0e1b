// The hosts of a run, or of runs that were merged, on the standard output.
#pragma once
#include "cli/command_line.hpp"
#include "engine/run.hpp"
#include "plan/plan.hpp"

namespace sonde::core::cli {

/// What `--format` comes to: a table when nothing was asked for and a terminal looks. Refused when an output of the
/// plan writes there too ("plan-stdout-twice").
Result<RunFormat> format_for(RunFormat asked, const Plan&);
void print_results(const RunResult&, const Plan&, const FoldContext&, RunFormat);

}  // namespace sonde::core::cli
