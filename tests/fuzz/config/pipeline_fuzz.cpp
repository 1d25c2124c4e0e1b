// Any bytes as a pipeline file: a spec or diagnostics, never a crash, and every diagnostic can be shown.
#include <cstdlib>
#include <string_view>

#include "config/pipeline_spec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Files of the machine are no part of the parser; a pipe among them would block.
  if (text.find("file:") != std::string_view::npos) return 0;
  sonde::core::Overrides overrides;
  overrides.no_env_file = true;
  overrides.sets = {{"icmp.count", "5"}, {"limits.workers", "3"}};
  sonde::core::Diagnostics out;
  const auto spec = sonde::core::load_pipeline_text(text, "", overrides, {{"A", "1,2"}, {"B", ""}}, out);
  out.render_sorted();
  // Whatever was wrong: limits stay in their bounds and stages name a plugin.
  if (spec.limits.workers < 1 || spec.limits.workers > 1024 || spec.journal_keep < 1) std::abort();
  for (const auto& stage : spec.stages) {
    if (stage.use.empty()) std::abort();
  }
  return 0;
}
