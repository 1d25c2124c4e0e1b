#include "engine/creation.hpp"

namespace sonde::core {

tl::unexpected<Diagnostic> creation_failure(sonde_err e, const std::string& why, const StagePlan& stage) {
  const std::string text = "stage '" + stage.name + "': " + (why.empty() ? "the plugin gave no reason" : why);
  switch (e) {
    case SONDE_E_DENIED:
      return failure("needs-raw-socket", text,
                     "give the right, or mark the stage `optional: true` to go on without it (sonde doctor)",
                     stage.where);
    case SONDE_E_CONFIG:
      return failure("stage-config", text, "sonde describe " + stage.plugin->id, stage.where);
    default:
      return failure("stage-unavailable", text, {}, stage.where);
  }
}

}  // namespace sonde::core
