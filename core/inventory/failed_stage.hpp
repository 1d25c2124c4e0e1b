// A stage that failed during a run and left targets without an answer.
#pragma once
#include <string_view>

#include "inventory/run_document.hpp"

namespace sonde::core {

/// Says in `not_covered` that it did, and why as far as that is known. Once for a stage and reason.
void tell_failed_stage(RunDocument&, std::string_view stage, std::string_view why);

}  // namespace sonde::core
