// Settled hosts leave a shard in batches, and a shard that has no room goes on when they are written.
#include "engine/outbox.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Batches = ScriptedRun;

/// Each sleep that nobody ends takes half a second: a run that has this for all of its standstills ends unfinished.
constexpr int64_t few_sleeps = 60'000'000'000;

// With four slots a shard stands still a thousand times until its hosts are written.
TEST_F(Batches, AShardWithoutRoomIsWokenWhenItsHostsAreWritten) {
  targets(8000);
  plan.limits.shards = 2;
  plan.limits.hosts_in_flight = 8;
  plan.limits.run_timeout = few_sleeps;
  stage<0>(answers(SONDE_NO_ANSWER));
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::no_answer), 8000u);
  EXPECT_EQ(r.document.why_incomplete, "");
}

TEST_F(Batches, AFullShardGoesOnAsSoonAsItsHostsAreWritten) {
  targets(600);
  plan.limits.hosts_in_flight = 1;
  plan.limits.run_timeout = few_sleeps;
  stage<0>(answers(SONDE_POSITIVE));
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 600u);
  EXPECT_EQ(r.document.why_incomplete, "") << "the shard slept although there was room again";
}

TEST(Batch, SilentNeighboursAreOneRun) {
  Batch b;
  for (const uint64_t position : {7u, 8u, 9u, 3u, 4u, 9u}) b.add_silent(position);
  ASSERT_EQ(b.silent.size(), 3u);
  EXPECT_EQ(b.silent[0].start, 7u);
  EXPECT_EQ(b.silent[0].count, 3u);
  EXPECT_EQ(b.silent[1].start, 3u);
  EXPECT_EQ(b.silent[1].count, 2u);
  EXPECT_EQ(b.silent[2].start, 9u);
  EXPECT_EQ(b.silent[2].count, 1u);
}

}  // namespace
}  // namespace sonde::core::test
