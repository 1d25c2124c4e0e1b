// What the host is told about lost packets, and asked about silence, when it offers that (sonde/loss.h).
#pragma once
#include <sonde/loss.h>
#include <sonde/plugin.hpp>

#include <array>
#include <span>

#include "common-linux/answered_attempt.hpp"
#include "common-linux/attempts.hpp"
#include "common-linux/rtt.hpp"

namespace sonde::net {

// Attempts that a question may get beyond its tries while packets are being lost.
inline constexpr unsigned extra_attempts = 8;

class LossReport {
 public:
  explicit LossReport(Context host) : host_(host) {
    if (host.host().get_extension)
      table_ = static_cast<const sonde_loss*>(host.host().get_extension(host.raw_context(), SONDE_LOSS));
  }

  explicit operator bool() const { return table_ != nullptr; }

  // `attempt` was answered, those before it were not. `sent_at(i)`: when attempt i left.
  template <class SentAt>
  void answered(unsigned attempt, SentAt&& sent_at) const {
    if (!table_) return;
    for (unsigned i = 0; i < attempt; ++i) table_->lost(host_.raw_context(), sent_at(i));
    table_->arrived(host_.raw_context(), sent_at(attempt));
  }
  template <class Question>
  void answered(const Attempts<Question>& questions, uint32_t slot, unsigned attempt) const {
    answered(attempt, [&](unsigned i) { return questions.sent_at(slot, i); });
  }
  // The same where no answer says which attempt it is to: told where only one comes into question.
  void answered_at(int64_t arrived, std::span<const int64_t> sent_at, RttEstimate& rtt) const {
    const auto attempt = attempt_answered(sent_at, arrived, rtt.longest_so_far());
    if (!attempt) return;
    if (*attempt == 0) rtt.add(arrived - sent_at[0]);
    answered(*attempt, [&](unsigned i) { return sent_at[i]; });
  }
  template <class Question>
  void answered_at(int64_t arrived, const Attempts<Question>& questions, uint32_t slot, RttEstimate& rtt) const {
    std::array<int64_t, UINT8_MAX> sent_at{};
    const unsigned sent = questions[slot].sent;
    for (unsigned i = 0; i < sent; ++i) sent_at[i] = questions.sent_at(slot, i);
    answered_at(arrived, std::span(sent_at).first(sent), rtt);
  }
  // What silence after a packet of that time says; holds where nobody can tell.
  Silence silence(int64_t sent_at) const {
    const int said = table_ ? table_->silence(host_.raw_context(), sent_at) : int{SONDE_SILENCE_HOLDS};
    return said == SONDE_SILENCE_DOUBTFUL ? Silence::doubtful
           : said == SONDE_SILENCE_OPEN   ? Silence::open
                                          : Silence::holds;
  }
  // The wait for this question is over: what becomes of it. See goes_on().
  template <class Question>
  Verdict judge(Attempts<Question>& questions, uint32_t slot, int64_t now) const {
    if (!table_) return Verdict::ends;
    const auto verdict = questions.judge(slot, now, [this](int64_t sent_at) { return silence(sent_at); });
    if (verdict == Verdict::asked_again) asked_again(1);
    if (verdict == Verdict::ends_in_doubt) left_in_doubt(1);
    return verdict;
  }
  // Its time is up in the middle of it. True: it ends in doubt, since too few attempts prove anything.
  template <class Question>
  bool cut_short(Attempts<Question>& questions, uint32_t slot) const {
    if (!table_ || questions[slot].sent == 0) return false;
    const auto verdict = questions.standing(slot, [this](int64_t sent_at) { return silence(sent_at); });
    if (verdict != Verdict::ends) left_in_doubt(1);
    return verdict != Verdict::ends;
  }
  void asked_again(uint32_t questions) const {
    if (table_) table_->asked_again(host_.raw_context(), questions);
  }
  void left_in_doubt(uint32_t questions) const {
    if (table_) table_->left_in_doubt(host_.raw_context(), questions);
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
