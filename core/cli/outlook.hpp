// What lies ahead of a run that will take its time: how much, how long, and whether its own limit cuts it short.
#pragma once
#include <optional>
#include <string>

#include "plan/plan.hpp"

namespace sonde::core::cli {

/// The most packets of an estimate and what may pass it: "1204 packets, unless some are lost; the answers to rdns, snmp
/// may lead to more", "about 1204 ..." where they come from a sample.
std::string bound_text(const Estimate&);

struct Outlook {
  std::string line;                   ///< empty for a run of a minute or two
  std::optional<Diagnostic> warning;  ///< limits.run_timeout will, or may, come before the end
};
/// `settled`: how many targets of the plan an earlier part of the run has done.
Outlook outlook(const Plan&, const Estimate&, uint64_t settled = 0);

}  // namespace sonde::core::cli
