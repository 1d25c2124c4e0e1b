// The extension sonde.loss/1 in a check: answers as ProbeInstance does, and counts what the plugin makes of it.
#include <sonde/loss.h>

#include "check/probe_host.hpp"

namespace sonde::core::check {

/// The functions behind the extension's pointers. A struct so that ProbeHost can befriend them all at once.
struct LossTable {
  static constexpr int64_t known_after_ns = 2'000'000'000;  // as loss.h promises of SONDE_SILENCE_OPEN

  static ProbeHost& entering(sonde_ctx* c, const char* call) {
    ProbeHost& host = static_cast<ProbeHost&>(CheckingHost::of(c));
    host.entering(call, Tag::shard);
    return host;
  }
  static Losses& losses(sonde_ctx* c, const char* call) { return entering(c, call).stage_.losses; }
  static Stage& stage(sonde_ctx* c, const char* call, int64_t sent_at) {
    ProbeHost& host = entering(c, call);
    Stage& s = host.stage_;
    if (sent_at > s.now || sent_at < s.began)
      host.notes_.add(Rule::loss,
                      std::string(call) + "() of sonde.loss/1, in " + host.callback() + ", of a packet that left " +
                          (sent_at > s.now ? "in the future" : "before the run began") + ": times are those of now()");
    return s;
  }

  static void arrived(sonde_ctx* c, int64_t sent_at) { ++stage(c, "arrived", sent_at).losses.arrived; }
  static void lost(sonde_ctx* c, int64_t sent_at) { stage(c, "lost", sent_at); }
  static int silence(sonde_ctx* c, int64_t sent_at) {
    Stage& s = stage(c, "silence", sent_at);
    ++s.losses.silences;
    if (!s.play.overrun) return SONDE_SILENCE_HOLDS;
    return s.now - sent_at < known_after_ns ? SONDE_SILENCE_OPEN : SONDE_SILENCE_DOUBTFUL;
  }
  static void asked_again(sonde_ctx* c, uint32_t n) { losses(c, "asked_again").asked_again += n; }
  static void left_in_doubt(sonde_ctx* c, uint32_t n) { losses(c, "left_in_doubt").in_doubt += n; }
  static void congested(sonde_ctx* c, uint32_t) { entering(c, "congested"); }
  static constexpr sonde_loss table = {sizeof(sonde_loss), 0,        arrived, lost, silence, asked_again,
                                       left_in_doubt,      congested};
};

const void* ProbeHost::extension(std::string_view id) {
  if (id != SONDE_LOSS) return nullptr;
  stage_.losses.offered = true;
  return &LossTable::table;
}

}  // namespace sonde::core::check
