// Plugins that forget, repeat, lie, stall or fail: the run ends all the same, and nobody is called silent for it.
#include <sys/socket.h>

#include <thread>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Misbehaviour = ScriptedRun;

TEST_F(Misbehaviour, AForgottenTaskIsSettledAtItsDeadline) {
  targets(3);
  Script s;
  int expired = 0;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) h->attach(c, t, 42);
    return static_cast<int32_t>(tasks.size());
  };
  s.cancel = [&](auto, auto, sonde_task, uint64_t user, uint32_t why) {
    EXPECT_EQ(user, 42u);
    EXPECT_EQ(why, uint32_t{SONDE_EXPIRED});
    ++expired;
  };
  stage<0>(s, {}, 50);
  const RunResult r = run_well();
  EXPECT_EQ(expired, 3);
  EXPECT_EQ(count(r, 0, Outcome::no_answer), 3u);
}

TEST_F(Misbehaviour, DoneTwiceOrLateIsStale) {
  targets(2);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      EXPECT_EQ(h->done(c, t, SONDE_POSITIVE), SONDE_OK);
      EXPECT_EQ(h->done(c, t, SONDE_NEGATIVE), SONDE_E_STALE);
      const sonde_value v = boolean(true);
      EXPECT_EQ(h->put(c, t, 0, {}, &v), SONDE_E_STALE);
      sonde_target target{};
      target.size = sizeof target;
      EXPECT_EQ(h->target(c, t, &target), SONDE_E_STALE);
      EXPECT_EQ(h->deadline(c, t), 0);
    }
    EXPECT_EQ(h->done(c, 0xdeadbeefdeadbeef, SONDE_POSITIVE), SONDE_E_STALE);
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {"alive"});
  EXPECT_EQ(count(run_well(), 0, Outcome::positive), 2u);
}

TEST_F(Misbehaviour, AnUnknownOutcomeIsAnError) {
  targets(2);
  stage<0>(answers(99));
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::error), 2u);
  EXPECT_TRUE(r.had_errors);
}

TEST_F(Misbehaviour, TakingFewerThanOfferedLosesNone) {
  targets(500);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    const std::size_t k = std::min<std::size_t>(7, tasks.size());
    for (sonde_task t : tasks.first(k)) h->done(c, t, SONDE_POSITIVE);
    return static_cast<int32_t>(k);
  };
  stage<0>(s);
  EXPECT_EQ(count(run_well(), 0, Outcome::positive), 500u);
}

TEST_F(Misbehaviour, TakingNoneForAWhileIsOfferedAgain) {
  targets(3);
  Script s;
  int refusals = 3;
  s.start = [&](auto c, auto h, auto tasks) -> int32_t {
    if (refusals-- > 0) return 0;
    for (sonde_task t : tasks) h->done(c, t, SONDE_POSITIVE);
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s);
  EXPECT_EQ(count(run_well(), 0, Outcome::positive), 3u);
}

TEST_F(Misbehaviour, APostponedTaskComesBackWithoutWhatItPut) {
  targets(4);
  std::map<std::string, int> tries;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      sonde_target target{};
      target.size = sizeof target;
      h->target(c, t, &target);
      const int n = ++tries[std::string(reinterpret_cast<char*>(target.ip), 16)];
      const sonde_value mac = text_value(n == 1 ? "first try" : "second try");
      if (n == 1 || n == 2) h->put(c, t, n == 1 ? 1 : 0, {}, &mac);
      h->done(c, t, n == 1 ? SONDE_POSTPONED : SONDE_POSITIVE);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {"mac", "vendor"});
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 4u);
  EXPECT_EQ(r.document.stages[0].postponed, 4u);
  ASSERT_EQ(r.hosts.size(), 4u);
  for (const HostRecord& h : hosts(r)) {
    ASSERT_EQ(h.facts.size(), 1u);
    EXPECT_EQ(h.facts[0].value.text, "second try");
  }
}

TEST_F(Misbehaviour, AFailingStageIsAnErrorNotSilence) {
  targets(300);
  Script s;
  s.start = [](auto c, auto h, auto) -> int32_t {
    const std::string why = "out of luck";
    h->fail(c, 0, SONDE_E_IO, {why.data(), why.size()});
    return SONDE_E_IO;
  };
  stage<0>(s);
  stage<1>(answers(SONDE_POSITIVE));
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::error), 300u);
  EXPECT_EQ(count(r, 1, Outcome::positive), 300u);
  ASSERT_FALSE(r.problems.empty());
  EXPECT_EQ(r.problems[0].id, "stage-failed");
  EXPECT_NE(r.problems[0].text.find("out of luck"), std::string::npos);
}

TEST_F(Misbehaviour, AMissingRequiredFieldIsThePluginsError) {
  targets(2);
  stage<0>(answers(SONDE_POSITIVE), {"mac"});
  entry(0).outputs[0].flags = SONDE_F_REQUIRED;
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::error), 2u);
}

// The promise that nothing is missed: the plugin holds up its shard for longer than the time it gave its targets, and
// the answers that came meanwhile still count.
TEST_F(Misbehaviour, AStalledLoopDoesNotTurnAnswersIntoSilence) {
  constexpr uint32_t hosts = 50;
  targets(hosts);
  struct Asked {
    sonde_task task;
    int fds[2];
    uint64_t watch, timer;
  };
  std::vector<Asked> asked;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks) {
      asked.push_back({t, {-1, -1}, 0, 0});
      Asked& a = asked.back();
      EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a.fds), 0);
      EXPECT_EQ(h->watch(c, a.fds[0], SONDE_IO_READ, asked.size() - 1, &a.watch), SONDE_OK);
      EXPECT_EQ(h->timer(c, h->now(c) + 20'000'000, asked.size() - 1, &a.timer), SONDE_OK);
      EXPECT_EQ(::write(a.fds[1], "pong", 4), 4);  // the answer is there well before the timer
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the stall
    return static_cast<int32_t>(tasks.size());
  };
  s.on_io = [&](auto c, auto h, uint64_t id, uint64_t user, uint32_t) {
    h->unwatch(c, id);
    h->untimer(c, &asked[user].timer);
    h->done(c, asked[user].task, SONDE_POSITIVE);
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t user) { h->done(c, asked[user].task, SONDE_NO_ANSWER); };
  asked.reserve(hosts);
  stage<0>(s, {}, 30);  // the core's own deadline passes during the stall as well
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), hosts);
  for (const Asked& a : asked) ::close(a.fds[0]), ::close(a.fds[1]);
}

TEST_F(Misbehaviour, CallsFromAThreadThatWasNotDeclaredAreRefused) {
  targets(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    std::thread([&] {
      const sonde_value v = boolean(true);
      EXPECT_EQ(h->put(c, tasks[0], 0, {}, &v), SONDE_E_THREAD);
      EXPECT_EQ(h->done(c, tasks[0], SONDE_POSITIVE), SONDE_E_THREAD);
    }).join();
    h->done(c, tasks[0], SONDE_NEGATIVE);
    return 1;
  };
  stage<0>(s, {"alive"});
  EXPECT_EQ(count(run_well(), 0, Outcome::negative), 1u);
}

TEST_F(Misbehaviour, APluginWithThreadsMayAnswerFromThem) {
  targets(20);
  Script s;
  std::vector<std::thread> threads;
  s.start = [&](auto c, auto h, auto tasks) {
    for (sonde_task t : tasks)
      threads.emplace_back([c, h, t] {
        const sonde_value v = boolean(true);
        EXPECT_EQ(h->put(c, t, 0, {}, &v), SONDE_OK);
        EXPECT_EQ(h->done(c, t, SONDE_POSITIVE), SONDE_OK);
      });
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(s, {"alive"});
  entry(0).needs = SONDE_NEED_THREADS;
  const RunResult r = run_well();
  for (auto& t : threads) t.join();
  EXPECT_EQ(count(r, 0, Outcome::positive), 20u);
  EXPECT_EQ(r.document.responding, 20u);
}

TEST_F(Misbehaviour, WakeReachesThePluginFromAnyThread) {
  targets(1);
  Script s;
  sonde_task held = 0;
  std::thread waker;
  s.start = [&](auto c, auto h, auto tasks) {
    held = tasks[0];
    waker = std::thread([c, h] { h->wake(c, 5); });
    return 1;
  };
  s.on_timer = [&](auto c, auto h, uint64_t id, uint64_t user) {
    EXPECT_EQ(id, 0u);
    EXPECT_EQ(user, 5u);
    h->done(c, held, SONDE_POSITIVE);
  };
  stage<0>(s);
  const RunResult r = run_well();
  waker.join();
  EXPECT_EQ(count(r, 0, Outcome::positive), 1u);
}

TEST_F(Misbehaviour, AnInstanceThatWokeItselfAndThenFailedIsNotCalled) {
  targets(3);
  Script s = answers(SONDE_POSITIVE);
  s.create = [](auto c, auto h) {
    h->wake(c, 7);
    return SONDE_E_DENIED;
  };
  int woken = 0;
  s.on_timer = [&](auto, auto, uint64_t, uint64_t) { ++woken; };
  stage<0>(s).optional = true;
  stage<1>(answers(SONDE_POSITIVE));
  EXPECT_EQ(count(run_well(), 1, Outcome::positive), 3u);
  EXPECT_EQ(woken, 0);
}

TEST_F(Misbehaviour, DeadIsTheCoresWordToSay) {
  targets(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    const sonde_value no = boolean(false);
    EXPECT_EQ(h->put(c, tasks[0], 0, {}, &no), SONDE_E_INVALID);
    h->done(c, tasks[0], SONDE_NO_ANSWER);
    return 1;
  };
  stage<0>(s, {"alive"});
  EXPECT_TRUE(run_well().hosts.empty());
}

}  // namespace
}  // namespace sonde::core::test
