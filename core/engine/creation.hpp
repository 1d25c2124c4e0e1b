// Why a plugin's create() failed, as a Diagnostic with its remedy.
#pragma once
#include <sonde/plugin.h>

#include <string>

#include "plan/plan.hpp"

namespace sonde::core {

tl::unexpected<Diagnostic> creation_failure(sonde_err, const std::string& why, const StagePlan&);

}  // namespace sonde::core
