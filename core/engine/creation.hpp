// Why a plugin's create() failed, as a Diagnostic with its remedy.
#pragma once
#include <sonde/plugin.h>

#include <string>

#include "plan/plan.hpp"

namespace sonde::core {

/// What a plugin said of its options, each mistake with its place: "stage-config". `hint`: what to read.
Diagnostic option_mistakes(const std::string& why, const std::string& subject, const std::string& hint,
                           const Value& options, const SourceSpan& otherwise);
tl::unexpected<Diagnostic> creation_failure(sonde_err, const std::string& why, const StagePlan&);

}  // namespace sonde::core
