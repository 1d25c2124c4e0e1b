// Whether a field that a stage reads is missing because nobody asked for it, or because there is none.
#pragma once
#include <algorithm>

#include "inventory/record.hpp"
#include "plan/plan.hpp"

namespace sonde::core {

/// An earlier stage that writes this field has asked this host and waited for it: what it did not state is not there.
/// Skipped, cancelled and failed stages have not. `outcomes`: of the host, by stage.
inline bool asked_before(const Plan& plan, uint8_t stage, FieldId field, const Outcome* outcomes) {
  for (std::size_t i = 0; i < stage; ++i) {
    const bool asked =
        outcomes[i] == Outcome::positive || outcomes[i] == Outcome::negative || outcomes[i] == Outcome::no_answer;
    const auto& outputs = plan.stages[i].outputs;
    if (asked && std::find(outputs.begin(), outputs.end(), field) != outputs.end()) return true;
  }
  return false;
}

}  // namespace sonde::core
