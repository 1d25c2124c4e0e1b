// Where the system has no thread left: a run is refused before it sends anything, or ends well with those it has.
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "../no_threads.hpp"
#include "engine/thread_group.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

TEST(Threads, OneThatCannotBeStartedIsAResource) {
  const NoThreads no_threads;
  const auto started = start_thread([] {});
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().id, "resources");
}

TEST(Threads, AGroupWaitsForItsStart) {
  std::atomic<int> begun{0};
  {
    ThreadGroup group;
    ASSERT_TRUE(group.prepare({[&] { ++begun; }, [&] { ++begun; }}).has_value());
  }
  EXPECT_EQ(begun, 0) << "it was never told to go";
  ThreadGroup group;
  ASSERT_TRUE(group.prepare({[&] { ++begun; }, [&] { ++begun; }}).has_value());
  group.go();
  group.join();
  EXPECT_EQ(begun, 2);
}

class ThreadShortage : public ScriptedRun {};

TEST_F(ThreadShortage, TheRunIsRefusedAndLeavesNothing) {
  for (const bool blocking : {false, true}) {
    targets(4);
    plan.limits.shards = 2;
    plan.stages.clear();
    std::atomic<int> asked{0};
    Script s = answers(SONDE_POSITIVE);
    if (blocking)
      s.run = [&](auto, auto, auto) -> sonde_err {
        ++asked;
        return SONDE_OK;
      };
    else
      s.start = [&](auto, auto, auto) {
        ++asked;
        return 0;
      };
    stage<0>(s);
    const NoThreads no_threads;
    RunRequest request;
    request.write_journal = true;
    const auto r = run(request);
    ASSERT_FALSE(r.has_value());
    EXPECT_EQ(r.error().id, "resources");
    EXPECT_EQ(asked, 0);
    EXPECT_FALSE(std::filesystem::exists(directory_ / "journal"));
  }
}

TEST_F(ThreadShortage, AtTheEndOfTheRunItCostsNoResult) {
  targets(4);
  plan.limits.shards = 2;
  Script s = answers(SONDE_POSITIVE);
  std::optional<NoThreads> no_threads;
  std::once_flag once;
  s.destroy = [](auto c, auto h) { h->log(c, 0, SONDE_LOG_ERROR, {"bye", 3}); };
  s.start = [&](auto c, auto h, auto tasks) {
    std::call_once(once, [&] { no_threads.emplace(); });
    for (sonde_task t : tasks) h->done(c, t, SONDE_POSITIVE);
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 4u);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "run.json"));
}

TEST_F(ThreadShortage, AHungWorkerThatCannotBeReplacedQuarantinesItsStage) {
  targets(4);
  plan.limits.workers = 1;
  std::optional<NoThreads> no_threads;  // of the one worker
  std::atomic<bool> release{false}, returned{false};
  Script s;
  s.run = [&](auto, auto, auto) -> sonde_err {
    no_threads.emplace();
    while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    returned = true;
    return SONDE_OK;
  };
  stage<0>(s, {}, 50);
  EXPECT_EQ(count(run_well(), 0, Outcome::error), 4u);
  release = true;  // lets the thread go before the script does
  for (int i = 0; i < 400 && !returned; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace sonde::core::test
