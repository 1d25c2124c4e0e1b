// What the host is told about lost packets, and asked about silence, when it offers that (sonde/loss.h).
#pragma once
#include <sonde/loss.h>
#include <sonde/plugin.hpp>

#include "common-linux/attempts.hpp"

namespace sonde::net {

// Attempts that a question may get beyond its tries while packets are being lost.
inline constexpr unsigned extra_attempts = 6;

class LossReport {
 public:
  explicit LossReport(Context host) : host_(host) {
    if (host.host().get_extension)
      table_ = static_cast<const sonde_loss*>(host.host().get_extension(host.raw_context(), SONDE_LOSS));
  }

  // `attempt` was answered, those before it were not.
  template <class Question>
  void answered(const Attempts<Question>& questions, uint32_t slot, unsigned attempt) const {
    if (!table_) return;
    for (unsigned i = 0; i < attempt; ++i) table_->lost(host_.raw_context(), questions.sent_at(slot, i));
    table_->arrived(host_.raw_context(), questions.sent_at(slot, attempt));
  }
  // The wait for this question is over. True: it goes on, since the silence proves nothing, or may not.
  template <class Question>
  bool goes_on(Attempts<Question>& questions, uint32_t slot, int64_t now) const {
    using Questions = Attempts<Question>;
    if (!table_) return false;
    const auto silence = [this](int64_t sent_at) {
      const int said = table_->silence(host_.raw_context(), sent_at);
      return said == SONDE_SILENCE_DOUBTFUL ? Questions::Silence::doubtful
             : said == SONDE_SILENCE_OPEN   ? Questions::Silence::open
                                            : Questions::Silence::holds;
    };
    const auto verdict = questions.judge(slot, now, silence);
    if (verdict == Questions::Verdict::asked_again) table_->asked_again(host_.raw_context(), 1);
    if (verdict == Questions::Verdict::ends_in_doubt) table_->left_in_doubt(host_.raw_context(), 1);
    return verdict == Questions::Verdict::asked_again || verdict == Questions::Verdict::waits;
  }
  // A send queue of this machine was full.
  void congested(uint32_t packets) const {
    if (table_) table_->congested(host_.raw_context(), packets);
  }

 private:
  Context host_;
  const sonde_loss* table_ = nullptr;
};

}  // namespace sonde::net
