// What keeps stages from starting, in a run and in a trial of its plan, and how it is told.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

using Creation = ScriptedRun;

TEST_F(Creation, AnOptionalStageThatMayNotRunIsSkippedWithItsReason) {
  targets(3);
  Script s = answers(SONDE_POSITIVE);
  s.create = [](auto c, auto h) {
    const std::string why = "no raw sockets here";
    h->fail(c, 0, SONDE_E_DENIED, {why.data(), why.size()});
    return SONDE_E_DENIED;
  };
  stage<0>(s).optional = true;
  stage<1>(answers(SONDE_POSITIVE));
  std::vector<Diagnostic> told;
  RunRequest request;
  request.on_start = [&](const RunStart& start) { told = start.skipped; };
  RunResult r = run_well(request);
  EXPECT_EQ(count(r, 0, Outcome::skipped_unavailable), 3u);
  ASSERT_EQ(told.size(), 1u) << "in time for somebody to stop the run";
  EXPECT_EQ(told[0].severity, Severity::warning);
  EXPECT_EQ(told[0].text, "stage 'script0': no raw sockets here (optional: skipped)");
  EXPECT_TRUE(r.problems.empty()) << "it has been told";
  EXPECT_NE(r.document.stages[0].unavailable.find("no raw sockets here"), std::string::npos);
  EXPECT_EQ(count(r, 1, Outcome::positive), 3u);
  EXPECT_FALSE(r.had_errors);

  plan.stages[0].optional = false;
  auto refused = run();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().id, "needs-raw-socket");
}

TEST_F(Creation, APluginThatRefusesItsOptionsIsAConfigurationError) {
  targets(1);
  Script s = answers(SONDE_POSITIVE);
  s.create = [](auto, auto) { return SONDE_E_CONFIG; };
  stage<0>(s);
  auto refused = run();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().id, "stage-config");
  scripts[0].create = [](auto, auto) { return SONDE_E_IO; };
  EXPECT_EQ(run().error().id, "stage-unavailable");
}

/// A mistake of the file is told whatever this machine lacks, and `optional` is for what it lacks.
TEST_F(Creation, AllThatKeepsStagesFromStartingIsToldAtOnce) {
  targets(1);
  const auto refuses = [](sonde_err code, std::string_view why) {
    Script s = answers(SONDE_POSITIVE);
    s.create = [code, why](auto c, auto h) {
      h->fail(c, 0, code, {why.data(), why.size()});
      return code;
    };
    return s;
  };
  stage<0>(refuses(SONDE_E_DENIED, "no raw sockets here"));
  StagePlan& wrong = stage<1>(refuses(SONDE_E_CONFIG, "options/count: is odd"));
  wrong.optional = true;
  Value count(int64_t{3});
  count.where = {"lan.sonde.yaml", 7, 12, 1};
  wrong.options.set("count", count);
  ASSERT_FALSE(run().has_value());
  ASSERT_EQ(why_not_started.size(), 2u);
  EXPECT_EQ(why_not_started[0].id, "needs-raw-socket");
  EXPECT_EQ(why_not_started[1].id, "stage-config");
  EXPECT_EQ(why_not_started[1].text, "stage 'script1': option 'count': is odd");
  EXPECT_EQ(why_not_started[1].where.line, 7u);
  const std::vector<Diagnostic> mistakes = try_plan(plan).mistakes();
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].text, why_not_started[1].text);
}

TEST_F(Creation, ATrialMakesOneInstanceAndUndoesIt) {
  targets(64);
  plan.limits.shards = 4;
  static int made = 0, undone = 0;
  const auto counted = [](Script s) {
    s.create = [](auto, auto) {
      ++made;
      return SONDE_OK;
    };
    s.destroy = [](auto, auto) { ++undone; };
    return s;
  };
  Script blocks;
  blocks.run = [](auto, auto, auto) { return SONDE_OK; };
  stage<0>(counted(answers(SONDE_POSITIVE)));
  stage<1>(counted(blocks));
  EXPECT_TRUE(try_plan(plan).mistakes().empty());
  EXPECT_EQ(made, 2);
  EXPECT_EQ(undone, 2);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

/// A datagram socket of 127.0.0.1; -1: the port is taken.
int bound_socket(sockaddr_in& address) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    return fd;
  ::close(fd);
  return -1;
}

/// Where each close of a packet socket costs the kernel a wait, plugins must not wait for one after the other.
TEST_F(Creation, SocketsAreOnlyGoneWhenAllPluginsHaveClosedTheirs) {
  targets(1);
  static sockaddr_in place;
  static int fd = -1;
  static uint64_t watch = 0;
  static bool held = false;
  place = {};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Script s = answers(SONDE_POSITIVE);
  s.create = [](auto c, auto h) {
    fd = bound_socket(place);
    return h->watch(c, fd, SONDE_IO_READ, 0, &watch);
  };
  s.destroy = [](auto c, auto h) {
    h->unwatch(c, watch);
    ::close(fd);
    const int second = bound_socket(place);
    held = second < 0;
    ::close(second);
  };
  stage<0>(s);
  for (const bool trial : {true, false}) {
    held = false;
    if (trial)
      EXPECT_TRUE(try_plan(plan).mistakes().empty());
    else
      run_well();
    EXPECT_TRUE(held) << (trial ? "in a trial" : "in a run");
    const int free_again = bound_socket(place);
    EXPECT_GE(free_again, 0);
    ::close(free_again);
  }
}

TEST_F(Creation, WhatAStageWouldLackIsFoundWithoutARun) {
  targets(1);
  Script refused;
  refused.create = [](auto c, auto h) {
    constexpr std::string_view why = "packet sockets are not allowed; expected CAP_NET_RAW";
    h->fail(c, 0, SONDE_E_DENIED, {why.data(), why.size()});
    return sonde_err{SONDE_E_DENIED};
  };
  stage<0>(refused);
  stage<1>(answers(SONDE_POSITIVE));
  const auto problems = try_plan(plan).stages;
  ASSERT_EQ(problems.size(), 2u);
  ASSERT_TRUE(problems[0]);
  EXPECT_EQ(problems[0]->id, "needs-raw-socket");
  EXPECT_EQ(problems[0]->text, "stage 'script0': packet sockets are not allowed");
  EXPECT_EQ(problems[0]->hint, "expected CAP_NET_RAW (sonde doctor), or `optional: true` to go on without");
  EXPECT_FALSE(problems[1]);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

}  // namespace
}  // namespace sonde::core::test
