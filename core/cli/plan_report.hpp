// A plan in words.
#pragma once
#include <string>

#include "plan/plan.hpp"

namespace sonde::core::cli {

/// Stages with options and their origin, targets, cost, privileges, files. Secrets are ***.
std::string report(const Plan&);
/// The same for programs; durations are written as in a pipeline file, estimated ones in seconds.
Value plan_value(const Plan&);

/// Where a value came from: "default", "lan.sonde.yaml:12", "environment, lan.sonde.yaml:12", "--set".
std::string origin_text(const Value&);

/// Files that a run of this plan writes, in the order it writes them.
std::vector<std::string> files_of(const Plan&);

}  // namespace sonde::core::cli
