// The probe as the host sees it, over real sockets.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>

#include "agent.hpp"
#include "engine_ids.hpp"
#include "probe_host.hpp"

namespace sonde::snmp {
namespace {

using wire::Agent;

ProbeHost::Handler of(Agent& agent) {
  return [&agent](const std::string& question) {
    const auto answer = agent.answer(question);
    return answer ? std::vector<std::string>{*answer} : std::vector<std::string>{};
  };
}

TEST(SnmpProbe, FillsTheRecord) {
  Agent agent;
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_TRUE(host.alive());
  EXPECT_EQ(host.hostname(), "core-switch");
  EXPECT_EQ(host.os(), "");
  const std::map<std::string, std::string> expected = {{"sysDescr", "Lab switch 24 ports"},
                                                       {"sysObjectID", "1.3.6.1.4.1.9.1.516"},
                                                       {"sysUpTime", "4711"},
                                                       {"sysName", "core-switch"},
                                                       {"enterprise", "9"},
                                                       {"maker", "Cisco"},
                                                       {"version", "2c"},
                                                       {"engineID", "0x80001f8804736f6e64652d6c6162"}};
  EXPECT_EQ(host.snmp(), expected);
  EXPECT_EQ(host.result(0).done, 1u);
  EXPECT_EQ(host.live_timers(), 0u);
  EXPECT_EQ(host.open_connections(), 0u);
  EXPECT_EQ(host.logged().find("public"), std::string::npos);
}
TEST(SnmpProbe, NamesTheSystemThatTheAgentIsBuiltFor) {
  Agent agent;
  agent.set("1.3.6.1.2.1.1.2.0", wire::name("1.3.6.1.4.1.8072.3.2.10"));
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.os(), R"({"name":"Linux","source":"snmp"})");
  EXPECT_EQ(host.snmp("maker"), "Net-SNMP");
}
TEST(SnmpProbe, ANameThatIsNoTextIsNoHostname) {
  Agent agent;
  agent.set("1.3.6.1.2.1.1.5.0", wire::text("\x1b]0;owned\x07"));
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.hostname(), "");
  EXPECT_EQ(host.snmp("sysName"), "0x1b5d303b6f776e656407");
}
TEST(SnmpProbe, ANumberForANameIsNoHostname) {
  Agent agent;
  agent.set("1.3.6.1.2.1.1.5.0", wire::number(5));
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.hostname(), "");
  EXPECT_EQ(host.snmp("sysName"), "5");
}
TEST(SnmpProbe, SilenceIsNoAnswer) {
  ProbeHost host([](const std::string&) { return std::vector<std::string>{}; });
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_NO_ANSWER);
  EXPECT_FALSE(host.alive());
  EXPECT_TRUE(host.snmp().empty());
}
TEST(SnmpProbe, AWrongCommunityIsSilenceButV3IsHeard) {
  Agent agent;
  agent.community = "other";
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_NEGATIVE);
  EXPECT_TRUE(host.alive());
  EXPECT_EQ(host.snmp().count("engineID"), 1u);
  EXPECT_EQ(host.snmp().count("version"), 0u);
}
TEST(SnmpProbe, OfWhomNoCredentialIsAskedTheEngineIdIsAllThereIs) {
  Agent agent;
  ProbeHost host(of(agent));
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_TRUE(host.alive());
  EXPECT_EQ(host.snmp().count("engineID"), 1u);
  host.stop();
  EXPECT_EQ(host.logged(), "");
}
TEST(SnmpProbe, ACredentialThatNobodyTakesIsTold) {
  Agent agent;
  agent.community = "other";
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.logged(), "") << "not before the last host";
  host.stop();
  EXPECT_EQ(host.logged(),
            "the one host that runs an SNMP agent took none of the credentials: check the community, or the user and "
            "its keys\n");
}
TEST(SnmpProbe, SilenceIsToldOnlyOfHostsThatAreThere) {
  for (const bool known : {true, false}) {
    ProbeHost host([](const std::string&) { return std::vector<std::string>{}; });
    host.options.set("community", "public");
    if (known) host.know(0, true);
    ASSERT_TRUE(host.run());
    host.stop();
    EXPECT_EQ(host.logged(), known
                                 ? "the one host that is alive answered none of the credentials: the community may be "
                                   "wrong, which agents meet with silence, or no agent may run there\n"
                                 : "");
  }
}
TEST(SnmpProbe, OneAgentThatAnswersOrAClosedPortIsNoReasonToWarn) {
  Agent agent;
  ProbeHost answers(of(agent));
  ProbeHost silent([](const std::string&) { return std::vector<std::string>{}; });
  for (ProbeHost* host : {&answers, &silent}) {
    host->options.set("community", "public");
    host->know(0, true);
    ASSERT_TRUE(host->run());
  }
  silent.stop();
  answers.stop();
  EXPECT_EQ(silent.logged() + answers.logged(), "");
  ProbeHost closed;
  closed.know(0, true);
  closed.options.set("community", "public");
  ASSERT_TRUE(closed.run());
  closed.stop();
  EXPECT_EQ(closed.logged(), "");
}
TEST(SnmpProbe, AClosedPortIsNegativeAtOnce) {
  ProbeHost host;
  host.options.set("community", "public").set("timeout", int64_t{3'000'000'000});
  ASSERT_TRUE(host.run(2000));
  EXPECT_EQ(host.outcome(), SONDE_NEGATIVE);
  EXPECT_TRUE(host.alive());
  EXPECT_EQ(host.live_timers(), 0u);
}
TEST(SnmpProbe, APortThatClosesInBetweenEndsTheTables) {
  Agent agent;
  ProbeHost host(of(agent));
  host.closes_after = 1;
  host.options.set("community", "public").set("discover", false).set("timeout", int64_t{3'000'000'000});
  host.options.list("tables", {"arp", "lldp"});
  ASSERT_TRUE(host.run(2000));
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_EQ(host.hostname(), "core-switch");
  EXPECT_EQ(host.snmp("incomplete"), R"({"arp":"the port was closed","lldp":"the port was closed"})");
}
TEST(SnmpProbe, AnErrorFromSomebodyElseProvesNothing) {
  ProbeHost host(nullptr, 2);  // the port of 127.0.0.1 refuses, and the target is 127.0.0.2
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_NO_ANSWER);
  EXPECT_FALSE(host.alive());
}
TEST(SnmpProbe, RefusalsAreTold) {
  Agent agent;
  agent.refusal = 5;
  ProbeHost host(of(agent));
  host.options.set("user", "lab").set("auth_key", "labauthpass");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_NEGATIVE);
  EXPECT_EQ(host.snmp("refused"), R"(["v3 user lab: wrong auth_key or auth_protocol"])");
}
TEST(SnmpProbe, BrokenAndForeignMessagesAreDroppedAndCounted) {
  Agent agent;
  ProbeHost host([&](const std::string& question) {
    const auto right = agent.answer(question);
    std::string wrong_id = wire::response(1, "");
    return std::vector<std::string>{"", "nonsense", std::string("\x30\x84\xff\xff\xff\xff", 6), wrong_id, *right};
  });
  host.options.set("community", "public").set("discover", false);
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_EQ(host.hostname(), "core-switch");
  host.stop();
  EXPECT_EQ(host.logged(),
            "messages dropped: 3 broken, 1 that answered no question, 0 with a wrong digest, time or encryption\n");
}
TEST(SnmpProbe, WaitsForTheRate) {
  Agent agent;
  ProbeHost host(of(agent));
  host.slow = true;
  host.options.set("community", "public").list("tables", {"interfaces"});
  agent.set("1.3.6.1.2.1.2.2.1.2.1", wire::text("lo"));
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_EQ(host.snmp("interfaces"), R"([{"index":1,"descr":"lo"}])");
  EXPECT_GE(host.tokens_asked, 3u);
}
TEST(SnmpProbe, WaitsForItsTurnToDial) {
  Agent agent;
  ProbeHost host(of(agent));
  host.refused_dials = 1;
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.dials, 2u);
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
}
TEST(SnmpProbe, TheDeadlineKeepsWhatIsKnown) {
  Agent agent;
  agent.most_repetitions = 0;
  ProbeHost host(of(agent));
  host.options.set("community", "public").set("timeout", int64_t{10'000'000'000}).list("tables", {"arp"});
  ASSERT_TRUE(host.begin());
  for (int i = 0; i < 50; ++i) host.turn();
  ASSERT_EQ(host.outcome(), 0u);
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  EXPECT_EQ(host.hostname(), "core-switch");
  EXPECT_EQ(host.snmp("incomplete"), R"({"arp":"the time for this host was up"})");
}
TEST(SnmpProbe, StoppedAndStaleTasksLeaveNothing) {
  ProbeHost stopped([](const std::string&) { return std::vector<std::string>{}; });
  stopped.options.set("community", "public");
  ASSERT_TRUE(stopped.begin());
  stopped.cancel_all(SONDE_STOPPED);
  EXPECT_EQ(stopped.outcome(), SONDE_CANCELLED);
  EXPECT_EQ(stopped.live_timers(), 0u);

  ProbeHost stale([](const std::string&) { return std::vector<std::string>{}; });
  stale.options.set("community", "public");
  ASSERT_TRUE(stale.begin());
  stale.ended = true;
  for (int i = 0; i < 60; ++i) stale.turn();
  EXPECT_EQ(stale.result(0).done, 0u);
  EXPECT_EQ(stale.live_timers(), 0u);
}
TEST(SnmpProbe, RequestIdsDoNotFollowFromTheSeed) {
  std::vector<std::string> questions;
  for (int i = 0; i < 2; ++i) {
    ProbeHost host([&](const std::string& question) {
      questions.push_back(question);
      return std::vector<std::string>{};
    });
    host.options.set("community", "public").set("discover", false).set("tries", int64_t{1});
    ASSERT_TRUE(host.run());
  }
  ASSERT_EQ(questions.size(), 2u);
  EXPECT_NE(questions[0], questions[1]) << "the same target, options and seed, which run.json tells everybody";
}
TEST(SnmpProbe, AQuestionThatNeverLeftIsAnError) {
  Agent agent;
  ProbeHost host(of(agent));
  host.refused_dials = 1;
  host.options.set("community", "public");
  ASSERT_TRUE(host.begin());
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.outcome(), SONDE_ERROR);
  EXPECT_EQ(host.failure, "a question could not leave before the deadline");
}
TEST(SnmpProbe, ACommunityThatNeverLeftIsNoSilence) {
  ProbeHost host([](const std::string&) { return std::vector<std::string>{}; });
  host.full = true;  // the discovery left with dial(), the community waits
  host.options.set("community", "public");
  ASSERT_TRUE(host.begin());
  for (int i = 0; i < 20; ++i) host.turn();
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.outcome(), SONDE_ERROR);
  EXPECT_EQ(host.failure, "a question could not leave before the deadline");
}
TEST(SnmpProbe, OptionsAreRefusedBeforeAnythingIsSent) {
  ProbeHost host;
  host.options.set("community", std::string(256, 'x'));
  EXPECT_EQ(host.create(), SONDE_E_CONFIG);
  EXPECT_EQ(host.failure, "options/community: takes at most 255 octets of UTF-8, found 256");
}
TEST(SnmpProbe, WorksBehindMoreThan1024Descriptors) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit raised{std::min<rlim_t>(limit.rlim_max, 4096), limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  ASSERT_GE(raised.rlim_cur, 1200u) << "this machine permits no more descriptors";
  Agent agent;
  std::vector<int> held;
  for (int fd = 0; fd < 1100;) held.push_back(fd = ::dup(2));
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  EXPECT_TRUE(host.run());
  EXPECT_GT(host.last_descriptor, 1024);
  EXPECT_EQ(host.outcome(), SONDE_POSITIVE);
  for (int fd : held) ::close(fd);
}
TEST(EngineIds, TheFirstIsTold) {
  auto ids = EngineIds::of_this_run();
  EXPECT_EQ(EngineIds::of_this_run(), ids);
  EXPECT_EQ(ids->claim("id", "10.0.0.1"), "");
  EXPECT_EQ(ids->claim("id", "10.0.0.1"), "") << "the same host in another stage";
  EXPECT_EQ(ids->claim("id", "10.0.0.2"), "10.0.0.1");
  EXPECT_EQ(ids->claim("other", "10.0.0.2"), "");
  ids.reset();
  EXPECT_EQ(EngineIds::of_this_run()->claim("id", "10.0.0.3"), "") << "another run knows nothing";
}
TEST(SnmpProbe, AnEngineIdOfTwoAddressesIsFlagged) {
  Agent agent;
  auto ids = EngineIds::of_this_run();
  ids->claim(wire::engine_id, "127.0.0.9");
  ProbeHost host(of(agent));
  host.options.set("community", "public");
  ASSERT_TRUE(host.run());
  EXPECT_EQ(host.snmp("engineIDAlsoAt"), "127.0.0.9");
}

}  // namespace
}  // namespace sonde::snmp
