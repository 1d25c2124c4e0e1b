// Blocking probes: many workers, hung ones, connect().
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <set>
#include <thread>

#include "../no_descriptors.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Workers = ScriptedRun;

TEST_F(Workers, ManyWorkAtOnceOneCallAtATimeEach) {
  targets(200);
  plan.limits.workers = 16;
  plan.limits.shards = 2;
  std::atomic<int> inside{0}, most{0};
  std::mutex mutex;
  std::set<sonde_ctx*> busy, all;
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    {
      std::lock_guard lock(mutex);
      EXPECT_TRUE(busy.insert(c).second) << "an instance was called twice at once";
      all.insert(c);
    }
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --inside;
    {
      std::lock_guard lock(mutex);
      busy.erase(c);
    }
    const sonde_value v = boolean(true);
    for (sonde_task t : tasks) {
      EXPECT_EQ(h->put(c, t, 0, {}, &v), SONDE_OK);
      EXPECT_GT(h->deadline(c, t), h->now(c));
      EXPECT_EQ(h->done(c, t, SONDE_POSITIVE), SONDE_OK);
      EXPECT_EQ(h->done(c, t, SONDE_POSITIVE), SONDE_E_STALE);
      EXPECT_EQ(h->deadline(c, t), 0);
    }
    return SONDE_OK;
  };
  stage<0>(s, {"alive"});
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::positive), 200u);
  EXPECT_EQ(r.document.responding, 200u);
  EXPECT_GT(most, 4);
  EXPECT_LE(all.size(), 16u);
}

// A shard that found the queue full of another's jobs looked again half a second later, when that one had refilled it.
TEST_F(Workers, ShardsTakeTurnsAtThem) {
  constexpr uint32_t n = 200;
  targets(n);
  plan.limits.workers = 1;
  plan.limits.shards = 2;
  const Permutation order(n, plan.seed);
  uint32_t begun = 0, of_the_first = 0;
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    if (begun++ < n / 2) of_the_first += order.position_of(to.ip[15]) < n / 2;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    h->done(c, tasks[0], SONDE_POSITIVE);
    return SONDE_OK;
  };
  stage<0>(s);
  run_well();
  EXPECT_EQ(begun, n);
  EXPECT_GT(of_the_first, n / 8);
  EXPECT_LT(of_the_first, n / 2 - n / 8);
}

TEST_F(Workers, TheRulesOfTheRunAreToldInCreate) {
  targets(1);
  plan.limits.packets_per_second = 500;
  plan.limits.connections_per_host = 3;
  AddressSet excluded;
  excluded.add(AddressRange{IpAddress::v4(0x0a000000), IpAddress::v4(0x0a000002)});
  plan.scope = Scope(excluded, {false, true}, {});
  std::string limits, exclude;
  std::atomic<int> unknown{0};
  const auto ask = [&](auto c, auto h) -> sonde_err {
    sonde_str text{};
    if (h->document(c, "limits", &text) == SONDE_OK) limits.assign(text.ptr, text.len);
    if (h->document(c, "exclude", &text) == SONDE_OK) exclude.assign(text.ptr, text.len);
    unknown = h->document(c, "delta", &text);
    return SONDE_OK;
  };
  const std::string expected = R"({"packets_per_second":500,"connections_per_host":3,"allow_print_ports":true})";
  Script blocking;
  blocking.create = ask;
  blocking.run = [&](auto c, auto h, auto tasks) -> sonde_err { return h->done(c, tasks[0], SONDE_POSITIVE); };
  stage<0>(blocking);
  run_well();
  EXPECT_EQ(limits, expected);
  EXPECT_EQ(exclude, "10.0.0.0/31\n10.0.0.2/32\n");
  EXPECT_EQ(unknown, SONDE_E_ABSENT);

  limits.clear();
  plan.stages.clear();
  Script asynchronous;
  asynchronous.create = ask;
  asynchronous.start = [&](auto c, auto h, auto tasks) -> int32_t {
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(asynchronous);
  run_well();
  EXPECT_EQ(limits, expected);
}

TEST_F(Workers, TheDescriptorCapsThem) {
  targets(50);
  std::mutex mutex;
  std::set<sonde_ctx*> all;
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    std::lock_guard lock(mutex);
    all.insert(c);
    for (sonde_task t : tasks) h->done(c, t, SONDE_POSITIVE);
    return SONDE_OK;
  };
  stage<0>(s);
  entry(0).max_instances = 3;
  run_well();
  EXPECT_LE(all.size(), 3u);
}

TEST_F(Workers, AHungOneIsWrittenOffReplacedAndFinallyQuarantined) {
  targets(12);
  plan.limits.workers = 2;
  std::atomic<bool> release{false};
  std::atomic<int> returned{0}, calls{0};
  Script s;
  s.run = [&](auto, auto, auto) -> sonde_err {
    ++calls;
    while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++returned;
    return SONDE_OK;
  };
  stage<0>(s, {}, 50);
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::error), 12u);
  EXPECT_TRUE(r.had_errors);
  EXPECT_EQ(calls, 4);  // two workers and two replacements
  release = true;       // lets the threads go before the script does
  for (int i = 0; i < 400 && returned < calls; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(returned, 4);
}

TEST_F(Workers, OneThatHonoursCancelledIsSilenceNotAnError) {
  targets(4);
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    while (!h->cancelled(c, tasks[0])) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return SONDE_OK;
  };
  stage<0>(s, {}, 60);
  EXPECT_EQ(count(run_well(), 0, Outcome::no_answer), 4u);
}

TEST_F(Workers, ReturningWithoutDoneIsAnErrorWithItsReason) {
  targets(2);
  Script s;
  s.run = [](auto, auto, auto) -> sonde_err { return SONDE_E_IO; };
  stage<0>(s);
  const RunResult r = run_well();
  EXPECT_EQ(count(r, 0, Outcome::error), 2u);
  EXPECT_EQ(r.document.stages[0].errors.begin()->second, 2u);
}

TEST_F(Workers, ConnectAndAdmitWantTheNeedsOfTheDescriptor) {
  targets(1);
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.proto = IPPROTO_TCP;
    to.port = 7;
    int fd = -1;
    EXPECT_EQ(h->admit(c, tasks[0], &to), SONDE_E_DENIED);
    EXPECT_EQ(h->connect(c, tasks[0], &to, &fd), SONDE_E_DENIED);
    h->done(c, tasks[0], SONDE_ERROR);
    return SONDE_OK;
  };
  stage<0>(s);
  entry(0).needs = SONDE_NEED_FILES;
  const RunResult r = run_well();
  EXPECT_EQ(r.document.stages[0].errors.begin()->first,
            "connect() is for plugins whose descriptor needs SONDE_NEED_CONNECT; with these options this one does not");
}

TEST_F(Workers, ConnectGivesACheckedBlockingSocket) {
  targets(1);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  socklen_t size = sizeof a;
  getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size);
  ASSERT_EQ(listen(listener, 8), 0);
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.proto = IPPROTO_TCP;
    to.port = ntohs(a.sin_port);
    int fd = -1;
    EXPECT_EQ(h->connect(c, tasks[0], &to, &fd), SONDE_OK);
    EXPECT_GE(fd, 0);
    to.port = 1;
    EXPECT_EQ(h->connect(c, tasks[0], &to, &fd), SONDE_E_IO);
    EXPECT_EQ(fd, -ECONNREFUSED);
    to.port = 515;
    EXPECT_EQ(h->connect(c, tasks[0], &to, &fd), SONDE_E_DENIED);
    h->done(c, tasks[0], SONDE_POSITIVE);
    return SONDE_OK;
  };
  stage<0>(s);
  EXPECT_EQ(count(run_well(), 0, Outcome::positive), 1u);
  ::close(listener);
}

TEST_F(Workers, WhoWaitsForTheRateLosesNoTimeByIt) {
  targets(24);
  plan.limits.workers = 6;
  plan.limits.packets_per_second = 20;  // a packet each 50 ms: each of six workers waits twice its deadline
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  socklen_t size = sizeof a;
  getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size);
  ASSERT_EQ(listen(listener, 64), 0);
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    for (sonde_task t : tasks) {
      sonde_target to{};
      to.size = sizeof to;
      h->target(c, t, &to);
      to.proto = IPPROTO_TCP;
      to.port = ntohs(a.sin_port);
      int fd = -1;
      const sonde_err e = h->connect(c, t, &to, &fd);
      EXPECT_EQ(e, SONDE_OK);
      if (e != SONDE_OK) return SONDE_OK;
      EXPECT_FALSE(h->cancelled(c, t));
      h->done(c, t, SONDE_POSITIVE);
    }
    return SONDE_OK;
  };
  for (const uint32_t batch : {1u, 2u}) {
    plan.stages.clear();
    stage<0>(s, {}, 150);
    entry(0).max_batch = batch;
    const RunResult r = run_well();
    EXPECT_EQ(count(r, 0, Outcome::positive), 24u) << batch;
    EXPECT_EQ(count(r, 0, Outcome::no_answer), 0u) << batch;
  }
  ::close(listener);
}

TEST_F(Workers, APacketThatCouldNotLeaveCostsNothingOfTheRate) {
  targets(1);
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.proto = IPPROTO_TCP;
    to.port = 7;
    int fd = -1;
    {
      const NoDescriptors none_left;
      EXPECT_EQ(h->connect(c, tasks[0], &to, &fd), SONDE_E_AGAIN);
    }
    EXPECT_EQ(fd, -EMFILE);
    return h->done(c, tasks[0], SONDE_NO_ANSWER);
  };
  stage<0>(s);
  EXPECT_EQ(run_well().document.packets, 0u);
}

TEST_F(Workers, WhoAsksForAPacketInItsGraceKeepsIt) {
  targets(1);
  plan.limits.workers = 1;
  plan.limits.packets_per_second = 1;
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.proto = IPPROTO_TCP;
    to.port = 1;
    int64_t again = 0;
    while (h->pace(c, 1, &again) != 0) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    int fd = -1;
    EXPECT_EQ(h->connect(c, tasks[0], &to, &fd), SONDE_E_STALE);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return SONDE_OK;
  };
  stage<0>(s, {}, 60);
  EXPECT_EQ(count(run_well(), 0, Outcome::no_answer), 1u) << "it came back within its grace";
}

TEST_F(Workers, TheEndOfTheRunEndsTheWaitForTheRate) {
  targets(4);
  plan.limits.workers = 4;
  plan.limits.packets_per_second = 1;
  std::atomic<int> signal{0};
  std::vector<sonde_err> answers;
  std::mutex mutex;
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.proto = IPPROTO_TCP;
    to.port = 1;
    int64_t again = 0;
    while (h->pace(c, 1, &again) != 0) {
    }
    signal = 2;
    int fd = -1;
    const sonde_err e = h->connect(c, tasks[0], &to, &fd);
    std::lock_guard lock(mutex);
    answers.push_back(e);
    return SONDE_OK;
  };
  stage<0>(s, {}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  EXPECT_EQ(count(run_well(request), 0, Outcome::cancelled), 4u);
  EXPECT_EQ(std::count(answers.begin(), answers.end(), SONDE_E_STALE), 4);
}

TEST_F(Workers, ABatchProbeGetsManyAtOnce) {
  targets(64);
  plan.limits.workers = 1;
  std::size_t largest = 0;
  Script s;
  s.run = [&](auto c, auto h, auto tasks) -> sonde_err {
    largest = std::max(largest, tasks.size());
    for (sonde_task t : tasks) h->done(c, t, SONDE_POSITIVE);
    return SONDE_OK;
  };
  stage<0>(s);
  entry(0).max_batch = 32;
  EXPECT_EQ(count(run_well(), 0, Outcome::positive), 64u);
  EXPECT_EQ(largest, 32u);
}

TEST_F(Workers, OneThatIgnoresTheEndOfTheRunIsNotCalledAnError) {
  targets(1);
  plan.limits.workers = 1;
  std::atomic<int> signal{0};
  std::atomic<bool> release{false}, returned{false};
  Script s;
  s.run = [&](auto, auto, auto) -> sonde_err {
    signal = 2;
    while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    returned = true;
    return SONDE_OK;
  };
  stage<0>(s, {}, 60'000);
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult r = run_well(request);
  EXPECT_EQ(count(r, 0, Outcome::cancelled), 1u);
  EXPECT_EQ(count(r, 0, Outcome::error), 0u);
  EXPECT_FALSE(r.document.complete);
  release = true;
  for (int i = 0; i < 400 && !returned; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace sonde::core::test
