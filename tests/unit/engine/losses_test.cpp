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
    // Each lost two, and others none: 60 ms ago and now.
    for (int i = 0; lose && i < 20; ++i) {
      const int64_t then = h->now(c) - (i < 10 ? 60 * ms : 0);
      for (const int64_t sent_at : {then, then}) loss_of(c, h)->lost(c, sent_at);
      for (int j = 0; j < 2; ++j) loss_of(c, h)->arrived(c, then);
    }
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

TEST_F(Losses, WhoDoesNotJudgeSilenceKeepsItsDeadline) {
  targets(100);
  plan.limits.run_timeout = 600 * ms;
  // Another stage that sends packets, and knows nothing of losses: its first tasks begin when the rate has fallen.
  Script other;
  other.start = [](auto, auto, auto tasks) { return static_cast<int32_t>(tasks.size()); };
  Script first = losing(true);
  first.start = [start = first.start](auto c, auto h, auto tasks) {
    const int32_t taken = start(c, h, tasks);
    for (std::size_t i = 0; i < tasks.size() / 2; ++i) h->done(c, tasks[i], SONDE_NO_ANSWER);
    return taken;
  };
  stage<0>(first, {}, 100);
  entry(0).needs = SONDE_NEED_RAW;
  stage<1>(other, {}, 200);
  entry(1).needs = SONDE_NEED_RAW;
  const RunResult r = run_well();
  EXPECT_NE(r.document.slowed_to, 0u);
  EXPECT_EQ(count(r, 1, Outcome::no_answer), 50u) << "those of the first stage that went on before the rate fell";
}

/// A peer on 127.0.0.1, the server of the stage's option, or the target: it floods whoever says a word.
struct Flood {
  int fd = small_socket();
  uint16_t port = 0;
  Flood() {
    sockaddr_in a{};
    socklen_t size = sizeof a;
    getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size);
    port = ntohs(a.sin_port);
  }
  ~Flood() { close(fd); }
  /// Fills the buffer of the connected socket, which is made small for it.
  void at(int connected) const {
    const int small = 1;
    setsockopt(connected, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in to{};
    socklen_t size = sizeof to;
    getsockname(connected, reinterpret_cast<sockaddr*>(&to), &size);
    const char text[1000] = {};
    for (int i = 0; i < 10; ++i) sendto(fd, text, sizeof text, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
};

TEST_F(Losses, TheDropsOfADialledServiceAreCounted) {
  targets(1);
  Flood server;
  Script s;
  s.start = [&](auto c, auto h, auto tasks) {
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, tasks[0], &to);
    to.ip[13] = 0, to.ip[14] = 0, to.ip[15] = 1;
    to.port = server.port;
    to.proto = IPPROTO_UDP;
    sonde_conn conn{};
    EXPECT_EQ(h->dial(c, 0, &to, SONDE_IO_READ, 0, &conn), SONDE_OK);
    server.at(conn.fd);
    EXPECT_EQ(h->hangup(c, conn.id, 0), SONDE_OK);
    h->done(c, tasks[0], SONDE_POSITIVE);
    return 1;
  };
  stage<0>(s).options.set("server", Value("127.0.0.1"));
  entry(0).schema = *parse_schema(
      R"({"type":"object","properties":{"server":{"type":"string","x-sonde":"service","description":"a server"}}})");
  EXPECT_GE(run_well().document.stages[0].dropped_receive, 5u);
}

TEST_F(Losses, TheDropsOfADialledConnectionAreOfTheTimeSinceTheDial) {
  AddressSet set;
  set.add(IpAddress::v4(INADDR_LOOPBACK));
  plan.targets = TargetSet(std::move(set));
  plan.slice = {0, 1};
  Flood peer;
  Script s;
  int64_t asked = 0;
  sonde_conn conn{};
  sonde_task task = 0;
  int said = -1;
  uint64_t timer = 0;
  s.start = [&](auto c, auto h, auto tasks) {
    task = tasks[0];
    sonde_target to{};
    to.size = sizeof to;
    h->target(c, task, &to);
    to.port = peer.port;
    to.proto = IPPROTO_UDP;
    EXPECT_EQ(h->dial(c, task, &to, 0, 0, &conn), SONDE_OK);
    asked = h->now(c);
    peer.at(conn.fd);
    h->timer(c, asked + 1500 * ms, 0, &timer);  // longer ago than an overflow of just now puts in doubt
    return 1;
  };
  s.on_timer = [&](auto c, auto h, uint64_t, uint64_t) {
    EXPECT_EQ(h->hangup(c, conn.id, 0), SONDE_OK);
    said = loss_of(c, h)->silence(c, asked);
    h->done(c, task, SONDE_NO_ANSWER);
  };
  stage<0>(std::move(s), {}, 5000);
  EXPECT_GE(run_well().document.stages[0].dropped_receive, 5u);
  EXPECT_EQ(said, SONDE_SILENCE_DOUBTFUL);
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
