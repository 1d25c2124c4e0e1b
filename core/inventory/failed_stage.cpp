#include "inventory/failed_stage.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sonde::core {

void tell_failed_stage(RunDocument& document, std::string_view stage, std::string_view why) {
  std::string reason = "it failed during the run";
  if (!why.empty()) reason += ": " + to_valid_utf8(why);  // a plugin's words
  std::pair gap("stage " + std::string(stage), std::move(reason));
  auto& gaps = document.not_covered;
  if (std::find(gaps.begin(), gaps.end(), gap) == gaps.end()) gaps.push_back(std::move(gap));
}

}  // namespace sonde::core
