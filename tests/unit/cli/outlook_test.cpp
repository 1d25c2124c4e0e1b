// What is said before a run that will take its time.
#include "cli/outlook.hpp"

#include <gtest/gtest.h>

namespace sonde::core::cli {
namespace {

constexpr int64_t second = 1'000'000'000, hour = 3600 * second;

Plan plan(uint64_t targets, int64_t silent, int64_t alive, int64_t run_timeout) {
  Plan p;
  p.slice = {0, targets};
  p.limits.run_timeout = run_timeout;
  p.estimate.packets_if_silent = 2 * targets;
  p.estimate.packets_if_alive = 6 * targets;
  p.estimate.duration_if_silent = silent;
  p.estimate.duration_if_alive = alive;
  p.estimate.decided_by = "limits.packets_per_second (1000)";
  return p;
}

Outlook ahead_of(const Plan& p) {
  return outlook(p, p.estimate);
}

TEST(Outlook, AShortRunNeedsNoWords) {
  const Outlook o = ahead_of(plan(254, 10 * second, 30 * second, hour));
  EXPECT_EQ(o.line, "");
  EXPECT_FALSE(o.warning);
}

TEST(Outlook, ALongRunIsAnnounced) {
  const Outlook o = ahead_of(plan(65534, 131 * second, 393 * second, 0));
  EXPECT_EQ(o.line,
            "65534 targets, about 2m11s to 6m33s, limits.packets_per_second (1000) decides; "
            "at most 393204 packets, unless some are lost\n");
  EXPECT_FALSE(o.warning);
}

TEST(Outlook, ItTellsTheMostThatMayLeave) {
  Plan p = plan(65534, 131 * second, 393 * second, 0);
  p.estimate.packets_at_most = 10 * 65534;
  EXPECT_TRUE(ahead_of(p).line.ends_with("; at most 655340 packets, unless some are lost\n")) << ahead_of(p).line;
  p.estimate.not_contained = {"snmp"};
  p.estimate.sampled = true;
  EXPECT_TRUE(
      ahead_of(p).line.ends_with("; at most about 655340 packets, unless some are lost; the answers to snmp "
                                 "may lead to more\n"))
      << ahead_of(p).line;
}

TEST(Outlook, NoPacketsAreNoneHoweverTheyWereCounted) {
  Plan p = plan(65534, 131 * second, 393 * second, 0);
  p.estimate.packets_if_silent = p.estimate.packets_if_alive = 0;
  p.estimate.sampled = true;
  EXPECT_TRUE(ahead_of(p).line.ends_with("; at most 0 packets\n")) << ahead_of(p).line;
}

TEST(Outlook, ATimeoutThatCutsItShort) {
  const Outlook o = ahead_of(plan(16'000'000, 8 * hour, 24 * hour, hour));
  EXPECT_EQ(o.line,
            "16000000 targets, about 8h00m to 24h00m, limits.packets_per_second (1000) decides; "
            "at most 96000000 packets, unless some are lost\n");
  ASSERT_TRUE(o.warning);
  EXPECT_EQ(o.warning->id, "plan-run-timeout");
  EXPECT_EQ(o.warning->severity, Severity::warning);
  EXPECT_EQ(o.warning->text,
            "limits.run_timeout (1h) ends this run early: about 666666 to 2000000 of 16000000 targets "
            "will be reached, the others not be asked");
  EXPECT_EQ(o.warning->hint,
            "write run_timeout: 30h (0: no limit), raise limits.packets_per_second (1000), or scan less "
            "at a time (--shard 1/24)");
}

TEST(Outlook, NumbersThatAreNearlyOneAreOne) {
  const Outlook o = ahead_of(plan(16'000'000, 24 * hour - 1, 24 * hour, hour));
  EXPECT_NE(o.line.find("about 24h00m, "), std::string::npos) << o.line;
  ASSERT_TRUE(o.warning);
  EXPECT_EQ(o.warning->text,
            "limits.run_timeout (1h) ends this run early: about 666666 of 16000000 targets will be reached, the others "
            "not be asked");
}

TEST(Outlook, ATimeoutThatMayCutItShort) {
  const Outlook o = ahead_of(plan(16'000'000, hour / 2, 2 * hour, hour));
  ASSERT_TRUE(o.warning);
  EXPECT_EQ(o.warning->text,
            "limits.run_timeout (1h) may end this run early: perhaps only 8000000 of 16000000 targets "
            "will be reached, the others not be asked");
}

TEST(Outlook, AResumedRunHasOnlyItsRestAhead) {
  const Plan p = plan(1000, 600 * second, 600 * second, 400 * second);
  EXPECT_TRUE(ahead_of(p).warning);
  const Outlook rest = outlook(p, p.estimate, 500);
  EXPECT_EQ(rest.line,
            "500 targets, about 5m00s, limits.packets_per_second (1000) decides; "
            "at most about 3000 packets, unless some are lost\n");
  EXPECT_FALSE(rest.warning);
}

}  // namespace
}  // namespace sonde::core::cli
