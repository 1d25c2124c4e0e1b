// What a run learns of lost packets and makes of it: sockets that overflow, the extension sonde.loss/1, and the time
// that tasks get when the run slows down.
#include <netinet/in.h>
#include <sonde/loss.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

constexpr int64_t ms = 1'000'000;
using Losses = ScriptedRun;

const sonde_loss* loss_of(sonde_ctx* c, const sonde_host* h) {
  return static_cast<const sonde_loss*>(h->get_extension(c, SONDE_LOSS));
}

/// A UDP socket on loopback that holds next to nothing.
int small_socket() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int small = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  return fd;
}

/// Ten datagrams for it.
void overflow(int fd) {
  sockaddr_in a{};
  socklen_t size = sizeof a;
  getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size);
  const char text[1000] = {};
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(sendto(fd, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&a), sizeof a), ssize_t{sizeof text});
}

int overflown() {
  const int fd = small_socket();
  overflow(fd);
  return fd;
}

TEST_F(Losses, TheOverflowOfAWatchedSocketIsCountedForItsStage) {
  targets(1);
  Script s;
  int fd = -1;
  uint64_t watch = 0;
  s.create = [&](auto c, auto h) {
    fd = overflown();
    return h->watch(c, fd, 0, 0, &watch);
  };
  s.start = [](auto c, auto h, auto tasks) {
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  s.destroy = [&](auto c, auto h) {
    h->unwatch(c, watch);
    close(fd);
  };
  stage<0>(std::move(s));
  const RunResult r = run_well();
  EXPECT_GE(r.document.stages[0].dropped_receive, 5u);
  EXPECT_LT(r.document.stages[0].dropped_receive, 10u);
  EXPECT_EQ(r.document.dropped_receive, r.document.stages[0].dropped_receive);
}

TEST_F(Losses, ASocketThatIsClosedMeanwhileIsCountedAsWell) {
  targets(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    const int fd = overflown();
    uint64_t watch = 0;
    EXPECT_EQ(h->watch(c, fd, 0, 0, &watch), SONDE_OK);
    EXPECT_EQ(h->unwatch(c, watch), SONDE_OK);
    close(fd);
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(std::move(s));
  EXPECT_GE(run_well().document.stages[0].dropped_receive, 5u);
}

TEST_F(Losses, SilenceProvesNothingAfterAnOverflowAndOtherwiseHolds) {
  targets(1);
  for (const bool overflows : {false, true}) {
    Script s;
    uint64_t timer = 0;
    int64_t asked = 0;
    int said = -1;
    sonde_task task = 0;
    int fd = -1;
    uint64_t watch = 0;
    s.start = [&](auto c, auto h, auto tasks) {
      task = tasks[0];
      asked = h->now(c);
      fd = overflows ? overflown() : small_socket();
      EXPECT_EQ(h->watch(c, fd, 0, 0, &watch), SONDE_OK);
      EXPECT_EQ(h->timer(c, asked + 30 * ms, 0, &timer), SONDE_OK);
      return 1;
    };
    s.on_timer = [&](auto c, auto h, uint64_t, uint64_t) {
      said = loss_of(c, h)->silence(c, asked);
      h->unwatch(c, watch);
      close(fd);
      h->done(c, task, SONDE_NO_ANSWER);
    };
    plan.stages.clear();
    stage<0>(std::move(s));
    run_well();
    EXPECT_EQ(said, overflows ? SONDE_SILENCE_DOUBTFUL : SONDE_SILENCE_HOLDS);
  }
}

/// The same over two calls into the plugin, with nothing of the shard's own between them.
struct TwoCalls {
  int fd = small_socket();
  uint64_t watch = 0;
  std::vector<int> said;
  ~TwoCalls() { close(fd); }

  Script script() {
    Script s;
    s.create = [this](auto c, auto h) { return h->watch(c, fd, 0, 0, &watch); };
    s.destroy = [this](auto c, auto h) { h->unwatch(c, watch); };
    return s;
  }
  void judge(sonde_ctx* c, const sonde_host* h) {
    said.push_back(loss_of(c, h)->silence(c, h->now(c)));
    if (said.size() == 1) overflow(fd);
  }
};
const std::vector<int> only_the_second = {SONDE_SILENCE_HOLDS, SONDE_SILENCE_DOUBTFUL};

TEST_F(Losses, WhatIsCutShortIsJudgedByALookOfThatCall) {
  targets(2);
  TwoCalls calls;
  Script s = calls.script();
  s.start = [](auto, auto, auto tasks) { return static_cast<int32_t>(tasks.size()); };
  s.cancel = [&](auto c, auto h, sonde_task t, uint64_t, uint32_t) {
    calls.judge(c, h);
    h->done(c, t, SONDE_NO_ANSWER);
  };
  stage<0>(std::move(s), {}, 50);
  run_well();
  EXPECT_EQ(calls.said, only_the_second);
}

TEST_F(Losses, SoIsWhatIsAskedWhenTasksAreOffered) {
  targets(2);
  TwoCalls calls;
  Script s = calls.script();
  s.start = [&](auto c, auto h, auto tasks) {
    calls.judge(c, h);
    h->done(c, tasks[0], SONDE_NO_ANSWER);
    return 1;
  };
  stage<0>(std::move(s));
  entry(0).max_in_flight = 1;
  run_well();
  EXPECT_EQ(calls.said, only_the_second);
}

TEST_F(Losses, WhatThePluginCountsIsInTheDocument) {
  targets(3);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    const sonde_loss* loss = loss_of(c, h);
    int64_t again = 0;
    h->pace(c, 1000, &again);
    for (sonde_task t : tasks) {
      loss->asked_again(c, 2);
      loss->left_in_doubt(c, 1);
      loss->congested(c, 4);
      h->done(c, t, SONDE_NO_ANSWER);
    }
    return static_cast<int32_t>(tasks.size());
  };
  stage<0>(std::move(s));
  const RunResult r = run_well();
  EXPECT_EQ(r.document.stages[0].asked_again, 6u);
  EXPECT_EQ(r.document.stages[0].in_doubt, 3u);
  EXPECT_EQ(r.document.stages[0].queue_full, 12u);
  EXPECT_EQ(r.document.slowed_to, 75'000u) << "a full queue slows the run down: 1000 packets left in 10 ms";
}

/// Tasks that each take a packet, tell of its loss if they are to, and wait for their deadline.
Script losing(bool lose) {
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    int64_t again = 0;
    uint64_t timer = 0;
    h->pace(c, static_cast<uint32_t>(tasks.size()), &again);
    h->timer(c, h->now(c) + 60 * ms, 0, &timer);
    return static_cast<int32_t>(tasks.size());
  };
  s.on_timer = [lose](auto c, auto h, uint64_t, uint64_t) {
    for (int i = 0; lose && i < 20; ++i) loss_of(c, h)->lost(c, h->now(c) - (i < 10 ? 60 * ms : 0));
  };
  s.cancel = [](auto c, auto h, sonde_task t, uint64_t, uint32_t why) {
    h->done(c, t, why == SONDE_EXPIRED ? SONDE_NO_ANSWER : SONDE_CANCELLED);
  };
  return s;
}

TEST_F(Losses, WhoIsUnderWayGetsMoreTimeWhenTheRunSlowsDown) {
  targets(100);
  plan.limits.run_timeout = 600 * ms;
  for (const bool lose : {false, true}) {
    plan.stages.clear();
    stage<0>(losing(lose), {}, 100);
    entry(0).needs = SONDE_NEED_RAW;
    const RunResult r = run_well();
    EXPECT_EQ(r.document.slowed_to != 0, lose);
    // The deadline of 100 ms has moved by more than a second, behind the end of the run.
    EXPECT_EQ(r.document.why_incomplete, lose ? "run_timeout" : "");
  }
}

TEST_F(Losses, UnknownExtensionsAreNotOffered) {
  targets(1);
  Script s;
  s.start = [](auto c, auto h, auto tasks) {
    EXPECT_EQ(h->get_extension(c, "nobody/1"), nullptr);
    EXPECT_EQ(h->get_extension(c, nullptr), nullptr);
    const sonde_loss* loss = loss_of(c, h);
    EXPECT_NE(loss, nullptr);
    EXPECT_EQ(loss->size, sizeof(sonde_loss));
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(std::move(s));
  run_well();
}

}  // namespace
}  // namespace sonde::core::test
