#include "engine/creation.hpp"

#include "plugins/option_reason.hpp"

namespace sonde::core {

Diagnostic option_mistakes(const std::string& why, const std::string& subject, const std::string& hint,
                           const Value& options, const SourceSpan& otherwise) {
  Diagnostic all;
  for (const OptionReason& one : place_reasons(why, options, otherwise)) {
    Diagnostic mistake{"stage-config", subject + one.text, hint, one.where};
    if (all.id.empty())
      all = std::move(mistake);
    else
      all.also.push_back(std::move(mistake));
  }
  return all;
}

tl::unexpected<Diagnostic> creation_failure(sonde_err e, const std::string& why, const StagePlan& stage) {
  const std::string said = why.empty() ? "the plugin gave no reason" : why;
  const std::string subject = "stage '" + stage.name + "': ";
  if (e == SONDE_E_CONFIG)
    return tl::unexpected(
        option_mistakes(said, subject, "sonde describe " + stage.plugin->id, stage.options, stage.where));
  const OptionReason reason = place_reason(said, stage.options, stage.where);
  const std::string text = subject + reason.text;
  switch (e) {
    case SONDE_E_DENIED: {
      // What a plugin expected is the remedy: a line of its own, like everybody's.
      constexpr std::string_view turn = "; expected ";
      const auto at = text.find(turn);
      const bool told = at != std::string::npos;
      return failure(
          "needs-raw-socket", text.substr(0, at),
          (told ? "expected " + text.substr(at + turn.size()) : std::string("expected CAP_NET_RAW or root")) +
              (stage.optional ? " (sonde doctor)" : " (sonde doctor), or `optional: true` to go on without"),
          reason.where);
    }
    default:
      return failure("stage-unavailable", text, {}, reason.where);
  }
}

}  // namespace sonde::core
