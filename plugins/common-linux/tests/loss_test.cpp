// What the host is told of lost packets, and what becomes of a question whose time is up.
#include "common-linux/loss.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "common-linux/tests/units.hpp"
#include "testing/losses.hpp"

namespace sonde::net {
namespace {

constexpr int64_t timeout = 800 * ms, spacing = 250 * ms;
using Questions = Attempts<int>;

class Host {
 public:
  explicit Host(bool offers = true) {
    losses.offered = offers;
    table_.size = sizeof table_;
    table_.get_extension = testing::loss_extension<of>;
  }
  Context context() { return {reinterpret_cast<sonde_ctx*>(this), &table_}; }

  testing::Losses losses;

 private:
  static testing::Losses& of(sonde_ctx* c) { return reinterpret_cast<Host*>(c)->losses; }
  sonde_host table_{};
};

// Asked twice, at 1000 ms and 1250 ms.
uint32_t ask_twice(Questions& q) {
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, 1000 * ms, spacing, timeout);
  q.next_send(1250 * ms);
  q.sent(slot, 1250 * ms, spacing, timeout);
  return slot;
}

TEST(LossReport, AnAnswerTellsOfThatAttemptAndOfThoseBefore) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  report.answered(q, slot, 1);
  using Fate = testing::Losses::Fate;
  EXPECT_EQ(host.losses.fates,
            (std::vector<std::pair<Fate, int64_t>>{{Fate::lost, 1000 * ms}, {Fate::arrived, 1250 * ms}}));
}

TEST(LossReport, AnAnswerThatMayBeToAnyOfSeveralShowsNoLoss) {
  Host host;
  const LossReport report(host.context());
  Questions q(5, extra_attempts);
  RttEstimate rtt;
  using Fate = testing::Losses::Fate;
  // A link whose answers take 120 ms, asked each 50 ms.
  for (int64_t start = 1000 * ms; start < 40'000 * ms; start += 1000 * ms) {
    const uint32_t slot = q.open(1, 0);
    for (int64_t at = start; at < start + 120 * ms; at += 50 * ms) q.sent(slot, at, 50 * ms, timeout);
    report.answered_at(start + 120 * ms, q, slot, rtt);
    q.close(slot);
  }
  EXPECT_TRUE(host.losses.fates.empty());

  // Known to take 10 ms or less: what comes 5 ms behind the second is an answer to that.
  for (int i = 0; i < 100; ++i) rtt.add(5 * ms);
  const uint32_t slot = ask_twice(q);
  report.answered_at(1255 * ms, q, slot, rtt);
  EXPECT_EQ(host.losses.fates,
            (std::vector<std::pair<Fate, int64_t>>{{Fate::lost, 1000 * ms}, {Fate::arrived, 1250 * ms}}));
}

// Behind an access point that is overrun, with too few hosts for a settled estimate.
TEST(LossReport, OneRoundTripIsEnoughToTellALoss) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  RttEstimate rtt;
  uint32_t slot = ask_twice(q);
  report.answered_at(1255 * ms, q, slot, rtt);
  EXPECT_TRUE(host.losses.fates.empty()) << "a link of 255 ms, perhaps";
  slot = q.open(1, 0);
  q.sent(slot, 2000 * ms, spacing, timeout);
  report.answered_at(2004 * ms, q, slot, rtt);
  host.losses.fates.clear();
  slot = ask_twice(q);
  report.answered_at(1255 * ms, q, slot, rtt);
  using Fate = testing::Losses::Fate;
  EXPECT_EQ(host.losses.fates,
            (std::vector<std::pair<Fate, int64_t>>{{Fate::lost, 1000 * ms}, {Fate::arrived, 1250 * ms}}));
}

TEST(LossReport, RoundTripsAreLearntFromWhoAnswersTheFirst) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  RttEstimate rtt;
  for (int i = 0; i < 30; ++i) {
    const uint32_t slot = q.open(1, 0);
    q.sent(slot, 1000 * ms, spacing, timeout);
    report.answered_at(1030 * ms, q, slot, rtt);
    q.close(slot);
  }
  EXPECT_GE(rtt.longest(), 30 * ms);
  EXPECT_EQ(host.losses.fates.size(), 30u);
}

TEST(LossReport, WhoseSilenceNeverProvedAnythingEndsInDoubtAndIsNotCalledSilent) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, 1);
  const uint32_t slot = ask_twice(q);
  host.losses.doubtful_until = never;
  ASSERT_TRUE(goes_on(report.judge(q, slot, 2050 * ms)));
  q.sent(slot, 2050 * ms, spacing, timeout);
  const Verdict verdict = report.judge(q, slot, 2850 * ms);
  EXPECT_EQ(verdict, Verdict::ends_in_doubt);
  EXPECT_FALSE(goes_on(verdict));
  EXPECT_EQ(host.losses.left_in_doubt, 1u);
}

TEST(LossReport, ATimeThatIsUpInTheMiddleOfDoubtIsCounted) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  host.losses.doubtful_until = 1100 * ms;
  ASSERT_EQ(report.judge(q, slot, 2050 * ms), Verdict::asked_again);
  EXPECT_EQ(host.losses.asked_again, 1u);
  EXPECT_TRUE(report.cut_short(q, slot)) << "its third try waits for the rate";
  EXPECT_EQ(host.losses.left_in_doubt, 1u);
}

TEST(LossReport, SoIsOneOfWhichIsNotKnownYet) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  host.losses.open_from = 1200 * ms;
  EXPECT_TRUE(report.cut_short(q, slot));
  EXPECT_EQ(host.losses.left_in_doubt, 1u);
}

TEST(LossReport, WhoHadAllItsTriesIsSilentAndWhoHadNoneIsNoDoubt) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q), unasked = q.open(2, 0);
  EXPECT_FALSE(report.cut_short(q, slot));
  EXPECT_FALSE(report.cut_short(q, unasked));
  EXPECT_EQ(host.losses.left_in_doubt, 0u);
}

TEST(LossReport, WhereItIsNotOfferedATryIsATry) {
  Host host(false);
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  host.losses.doubtful_until = never;
  report.answered(q, slot, 1);
  EXPECT_FALSE(report);
  EXPECT_EQ(report.judge(q, slot, 2050 * ms), Verdict::ends);
  EXPECT_FALSE(report.cut_short(q, slot));
  EXPECT_EQ(report.silence(1000 * ms), Silence::holds);
}

}  // namespace
}  // namespace sonde::net
