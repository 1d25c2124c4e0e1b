// The whole probe through its C tables, against DNS servers on loopback.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <mutex>
#include <set>

#include "dns_message.hpp"
#include "dns_server.hpp"
#include "probe_setup.hpp"
#include "shard_host.hpp"

namespace sonde::rdns {
namespace {

using namespace std::chrono_literals;
using testing::ShardHost;

constexpr uint8_t servfail = 2, nxdomain = 3, refused = 5;
void add(ShardHost& host, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    host.add_v4(127, 0, static_cast<uint8_t>(i / 256), static_cast<uint8_t>(i % 256));
}

/// Lets `rate` queries a second pass, with a bucket of `burst`.
class Limiter {
 public:
  Limiter(double rate, double burst) : rate_(rate), burst_(burst), tokens_(burst) {}
  bool pass() {
    auto now = std::chrono::steady_clock::now();
    tokens_ = std::min(burst_, tokens_ + rate_ * std::chrono::duration<double>(now - last_).count());
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double rate_, burst_, tokens_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

TEST(Rdns, NameWithoutFinalDot) {
  DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK) << host.failure;
  host.add_v4(127, 0, 2, 3);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_POSITIVE});
  EXPECT_EQ(host.result(0).put.at(reverse_dns), "h-2-3.example");
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"ok","names":["h-2-3.example"]})");
  EXPECT_EQ(host.paced, 1u);
  host.stop();
  EXPECT_TRUE(host.clean());
}

TEST(Rdns, NxdomainAndNoDataAreNegative) {
  DnsServer server([](const Question& q) { return q.name.starts_with("1.") ? Answer{nxdomain, false, {}} : Answer{}; });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  host.add_v4(127, 0, 0, 2);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_NEGATIVE});
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"nxdomain"})");
  EXPECT_EQ(host.result(1).outcome, uint32_t{SONDE_NEGATIVE});
  EXPECT_EQ(host.result(1).put.at(dns), R"({"status":"nodata"})");
  EXPECT_EQ(host.result(1).put.count(reverse_dns), 0u);
}

TEST(Rdns, ServfailAfterAllTriesIsNoAnswer) {
  DnsServer server([](const Question&) { return Answer{servfail, false, {}}; });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_NO_ANSWER});
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"servfail"})");
  EXPECT_EQ(server.queries(), 2u);
}

TEST(Rdns, SilenceWaitsTheWholeTimeoutOfEachTry) {
  DnsServer server([](const Question&) { return std::nullopt; });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(host.run(5s));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 600ms);
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_NO_ANSWER});
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"timeout"})");
  EXPECT_EQ(server.queries(), 2u);
}

TEST(Rdns, NobodyListeningIsNoAnswerToo) {
  std::string address;
  {
    address = DnsServer([](const Question&) { return std::nullopt; }).address();
  }
  ShardHost host(options({address}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_NO_ANSWER});
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"timeout"})");
}

TEST(Rdns, TheSecondServerAnswersForASilentFirst) {
  DnsServer silent([](const Question&) { return std::nullopt; });
  DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
  ShardHost host(options({silent.address(), server.address()}, false, 100));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  add(host, 40);
  ASSERT_TRUE(host.run(5s));
  for (unsigned i = 0; i < 40; ++i) EXPECT_EQ(host.result(i).put.at(reverse_dns), name_of(i));
}

TEST(Rdns, TruncatedRepliesAreFetchedByTcp) {
  DnsServer server([](const Question& q) {
    if (!q.tcp) return Answer{0, true, {}};
    return ptr("big.example");
  });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).put.at(reverse_dns), "big.example");
}

TEST(Rdns, ForwardConfirmation) {
  DnsServer server([](const Question& q) -> std::optional<Answer> {
    if (q.type == type_ptr) {
      if (q.name.starts_with("1."))
        return Answer{0, false, {{type_ptr, wire_name("b.example")}, {type_ptr, wire_name("a.example")}}};
      return ptr(q.name.starts_with("2.") ? "liar.example" : "lame.example");
    }
    if (q.name == "a.example") return Answer{nxdomain, false, {}};
    if (q.name == "b.example") return Answer{0, false, {{type_a, std::string("\x7f\0\0\1", 4)}}};
    if (q.name == "liar.example") return Answer{0, false, {{type_a, std::string("\x7f\0\0\x09", 4)}}};
    return std::nullopt;
  });
  ShardHost host(options({server.address()}, true));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  add(host, 4);  // 127.0.0.0 is not looked at
  ASSERT_TRUE(host.run(10s));
  EXPECT_EQ(host.result(1).put.at(dns), R"({"status":"ok","names":["a.example","b.example"],"confirmed":true})");
  EXPECT_EQ(host.result(1).put.at(reverse_dns), "a.example");
  EXPECT_EQ(host.result(2).put.at(dns), R"({"status":"ok","names":["liar.example"],"confirmed":false})");
  // Not known is not false.
  EXPECT_EQ(host.result(3).put.at(dns), R"({"status":"ok","names":["lame.example"]})");
  EXPECT_EQ(host.result(3).outcome, uint32_t{SONDE_POSITIVE});
}

TEST(Rdns, Ipv6IsAskedByNibblesAndConfirmedByAaaa) {
  std::string loopback(16, '\0');
  loopback[15] = 1;
  DnsServer server([&](const Question& q) -> std::optional<Answer> {
    if (q.name == "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa") return ptr("six.example");
    if (q.name == "six.example" && q.type == type_aaaa) return Answer{0, false, {{type_aaaa, loopback}}};
    return Answer{nxdomain, false, {}};
  });
  ShardHost host(options({server.address()}, true));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  const uint8_t ip[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  host.add(ip);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"ok","names":["six.example"],"confirmed":true})");
}

TEST(Rdns, HostileNamesAreEscapedAndNeverAskedFor) {
  std::atomic<unsigned> forward = 0;
  DnsServer server([&](const Question& q) {
    if (q.type != type_ptr) ++forward;
    return Answer{0,
                  false,
                  {{type_ptr, std::string("\x06\x1b[2J\"\xff\x03"
                                          "lan\0",
                                          12)}}};
  });
  ShardHost host(options({server.address()}, true));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).put.at(reverse_dns), "\\027[2J\"\\255.lan");
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"ok","names":["\\027[2J\"\\255.lan"],"confirmed":false})");
  EXPECT_EQ(forward, 0u);
}

// The promise: slower, but no name lost and no false "does not exist". 2000 names at 500 a second cannot take less than
// 3 s; that they take less than 30 is what the deadline of a task asks.
void limited(const std::optional<Answer>& excess) {
  Limiter limiter(500, 50);
  DnsServer server([&](const Question& q) -> std::optional<Answer> {
    if (!limiter.pass()) return excess;
    return ptr(name_of(q.name));
  });
  ShardHost host(options({server.address()}));
  host.task_timeout = 60'000'000'000;
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  add(host, 2000);
  ASSERT_TRUE(host.run(60s)) << host.settled();
  for (unsigned i = 0; i < 2000; ++i) {
    ASSERT_EQ(host.result(i).outcome, uint32_t{SONDE_POSITIVE}) << i << " " << host.result(i).put.at(dns);
    ASSERT_EQ(host.result(i).put.at(reverse_dns), name_of(i));
    ASSERT_EQ(host.result(i).done, 1u);
  }
}
TEST(RdnsLimited, ADroppingResolverLosesNoName) {
  limited(std::nullopt);
}
TEST(RdnsLimited, ARefusingResolverLosesNoName) {
  limited(Answer{refused, false, {}});
}
TEST(RdnsLimited, AServfailingResolverLosesNoName) {
  limited(Answer{servfail, false, {}});
}

TEST(Rdns, QueriesKeepToTheHostsPace) {
  DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
  ShardHost host(options({server.address()}));
  host.pace_limit = 10;
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  add(host, 30);
  EXPECT_FALSE(host.run(300ms));
  EXPECT_EQ(host.settled(), 10u);
  EXPECT_EQ(server.queries(), 10u);
  host.pace_limit = 1000;
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.paced, 30u);
}

TEST(Rdns, CancelledTasksLeaveTheirLateAnswersHarmless) {
  DnsServer server([](const Question& q) {
    std::this_thread::sleep_for(50ms);
    return ptr(name_of(q.name));
  });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  add(host, 4);
  host.turn_for(10ms);
  host.cancel_all(SONDE_STOPPED);
  EXPECT_EQ(host.settled(), 4u);
  host.add_v4(127, 0, 0, 9);  // takes a slot that was given back
  ASSERT_TRUE(host.run(5s));
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_CANCELLED});
  EXPECT_EQ(host.result(4).put.at(reverse_dns), "h-0-9.example");
}

TEST(Rdns, AQuestionThatNeverLeftIsNoSilence) {
  DnsServer server([](const Question&) { return std::nullopt; });
  ShardHost host(options({server.address()}));
  host.pace_limit = 0;
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  host.turn_for(20ms);
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_ERROR});
  EXPECT_EQ(host.result(0).failure, "no question could leave before the deadline");
  EXPECT_EQ(server.queries(), 0u);
}

TEST(Rdns, ExpiryKeepsTheNameThatIsKnown) {
  DnsServer server([](const Question& q) -> std::optional<Answer> {
    if (q.type == type_ptr) return ptr("known.example");
    return std::nullopt;
  });
  ShardHost host(options({server.address()}, true, 2000));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  host.turn_for(100ms);
  host.cancel_all(SONDE_EXPIRED);
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_POSITIVE});
  EXPECT_EQ(host.result(0).put.at(dns), R"({"status":"ok","names":["known.example"]})");
}

TEST(Rdns, AShortageOfDescriptorsIsNotTheServersFault) {
  DnsServer server([](const Question& q) { return ptr(name_of(q.name)); });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  bool done = host.run(2s);
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(done);
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_POSTPONED});
  host.add_v4(127, 0, 0, 2);
  ASSERT_TRUE(host.run(2s));
  EXPECT_EQ(host.result(1).outcome, uint32_t{SONDE_POSITIVE});
  EXPECT_EQ(host.paced, 1u) << "the packet that did not leave is counted";
}

TEST(Rdns, AServerThatMayNotBeAskedFailsTheStage) {
  ShardHost host(options({"127.0.0.1:1"}));
  host.admit_answer = SONDE_E_DENIED;
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  host.add_v4(127, 0, 0, 1);
  ASSERT_TRUE(host.run(2s));
  EXPECT_EQ(host.result(0).outcome, uint32_t{SONDE_ERROR});
  EXPECT_EQ(host.failure, "127.0.0.1 is no server that the options name");
}

TEST(Rdns, ABadServerIsRefusedAtCreation) {
  ShardHost host(options({"resolver"}));
  EXPECT_EQ(host.create(sonde_plugin_v0(0)), SONDE_E_CONFIG);
  EXPECT_NE(host.failure.find("found 'resolver'"), std::string::npos) << host.failure;
}

TEST(Rdns, TasksInFlightGoWithTheInstance) {
  DnsServer server([](const Question&) { return std::nullopt; });
  ShardHost host(options({server.address()}));
  ASSERT_EQ(host.create(sonde_plugin_v0(0)), SONDE_OK);
  add(host, 100);
  host.turn_for(20ms);
  host.stop();
  EXPECT_TRUE(host.clean());
}

}  // namespace
}  // namespace sonde::rdns
