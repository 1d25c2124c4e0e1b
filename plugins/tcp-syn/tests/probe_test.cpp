// The probe as the host sees it, on a wire that the test holds: which ports are told as what when this machine refuses
// to send, or the time is up.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "common-linux/bytes.hpp"
#include "testing/own_network.hpp"
#include "testing/raw_wire.hpp"
#include "testing/shard_host.hpp"

namespace sonde::tcp_syn {
namespace {

using Packet = testing::RawWire::Packet;
constexpr uint8_t syn_ack = 0x12, rst_ack = 0x14, syn = 2, rst = 4;
constexpr size_t tcp_at = 20;

uint16_t port_of(const Packet& packet) {
  return net::load16(&packet[tcp_at + 2]);
}

// What the target says to a SYN: the addresses and ports the other way round.
Packet answer_to(const Packet& asked, uint8_t flags) {
  Packet p = asked;
  std::copy_n(&asked[12], 4, &p[16]);
  std::copy_n(&asked[16], 4, &p[12]);
  std::copy_n(&asked[tcp_at], 2, &p[tcp_at + 2]);
  std::copy_n(&asked[tcp_at + 2], 2, &p[tcp_at]);
  net::store32(&p[tcp_at + 8], net::load32(&asked[tcp_at + 4]) + 1);
  p[tcp_at + 13] = flags;
  return p;
}

// One target and its habits: flags by port, or silence.
class Target : public testing::ShardHost {
 public:
  explicit Target(const std::vector<uint64_t>& ports) {
    options.numbers("ports", ports);
    options.set("tries", int64_t{2}).set("timeout", int64_t{60'000'000}).set("interval", int64_t{20'000'000});
    raw = [this](int family, int protocol, uint32_t, int& fd) {
      return family == AF_INET ? wire.open(family, protocol, fd) : sonde_err{SONDE_E_DENIED};
    };
    wire.leaves = [this](const Packet& packet) {
      const uint16_t port = port_of(packet);
      if (packet[tcp_at + 13] != syn) return 0;
      if (const auto it = refused.find(port); it != refused.end() && attempts[port] >= it->second) return EPERM;
      ++attempts[port];
      if (const auto it = says.find(port); it != says.end()) wire.arrive(IPPROTO_TCP, answer_to(packet, it->second));
      return 0;
    };
    add_v4(127, 0, 0, 9);
  }
  ~Target() override { stop(); }
  bool run() { return create(sonde_plugin_v0(0)) == SONDE_OK && ShardHost::run(std::chrono::seconds(10)); }

  // By the order of the outputs.
  bool alive() const { return result(0).put.count(0) != 0; }
  std::set<uint64_t> ports() const { return at(result(0).numbers, 1); }
  std::string tcp() const { return at(result(0).put, 2); }

  testing::RawWire wire;
  std::map<uint16_t, uint8_t> says;
  std::map<uint16_t, unsigned> refused;  // by port: from which attempt on
  std::map<uint16_t, unsigned> attempts;
};

TEST(Probe, TellsPortsApart) {
  Target target({22, 80, 443});
  target.says = {{22, syn_ack}, {80, rst_ack}};
  ASSERT_TRUE(target.run()) << target.failure;
  EXPECT_EQ(target.result(0).outcome, SONDE_POSITIVE);
  EXPECT_EQ(target.ports(), std::set<uint64_t>{22});
  EXPECT_EQ(target.tcp(), R"({"closed":[80],"silent":[443]})");
  EXPECT_EQ(target.attempts, (std::map<uint16_t, unsigned>{{22, 1}, {80, 1}, {443, 2}}));
  EXPECT_EQ(target.paced, 4u) << "what is taken from the rate counts as sent";
  const auto resets = std::count_if(target.wire.sent.begin(), target.wire.sent.end(),
                                    [](const Packet& p) { return p[tcp_at + 13] == rst && port_of(p) == 22; });
  EXPECT_EQ(resets, 1);
}

TEST(Refused, APortHidesNoOther) {
  Target target({22, 25, 80});
  target.says = {{22, syn_ack}, {80, rst_ack}};
  target.refused = {{25, 0}};
  ASSERT_TRUE(target.run());
  EXPECT_EQ(target.result(0).outcome, SONDE_POSITIVE);
  EXPECT_EQ(target.ports(), std::set<uint64_t>{22});
  EXPECT_EQ(target.tcp(), R"({"closed":[80],"silent":[],"unasked":[25]})");
  target.stop();
  EXPECT_NE(std::find_if(target.log.begin(), target.log.end(),
                         [](const std::string& line) { return line.find("did not let out") != std::string::npos; }),
            target.log.end());
}

TEST(Refused, WithoutAnOpenPortItIsAnErrorAndWhatWasLearnedStands) {
  Target target({25, 80});
  target.says = {{80, rst_ack}};
  target.refused = {{25, 0}};
  ASSERT_TRUE(target.run());
  EXPECT_EQ(target.result(0).outcome, SONDE_ERROR);
  EXPECT_TRUE(target.alive());
  EXPECT_EQ(target.tcp(), R"({"closed":[80],"silent":[],"unasked":[25]})");
  EXPECT_EQ(target.result(0).failure.rfind("1 of 2 ports were not asked: a SYN to 127.0.0.9 was refused", 0), 0u)
      << target.result(0).failure;
}

TEST(Refused, AllPorts) {
  Target target({25, 80});
  target.refused = {{25, 0}, {80, 0}};
  ASSERT_TRUE(target.run());
  EXPECT_EQ(target.result(0).outcome, SONDE_ERROR);
  EXPECT_FALSE(target.alive());
}

TEST(Refused, TheSecondSynLeavesTheFirstInDoubt) {
  Target target({22, 25});
  target.says = {{22, rst_ack}};
  target.refused = {{25, 1}};
  ASSERT_TRUE(target.run());
  EXPECT_EQ(target.tcp(), R"({"closed":[22],"silent":[25]})");
  EXPECT_EQ(target.losses.left_in_doubt, 1u);
}

TEST(Refused, APortTakesTheDoubtFromNoOther) {
  Target target({22, 25, 26, 80});
  target.says = {{22, rst_ack}};
  target.refused = {{25, 0}, {26, 1}};
  target.losses.doubtful_until = std::numeric_limits<int64_t>::max();
  target.options.set("timeout", int64_t{20'000'000});
  ASSERT_TRUE(target.run());
  EXPECT_GT(target.attempts[80], 2u) << "its silence proves nothing, whatever was refused for others";
  EXPECT_EQ(target.attempts[26], 1u);
  EXPECT_EQ(target.tcp(), R"({"closed":[22],"silent":[26,80],"unasked":[25]})");
  EXPECT_EQ(target.losses.left_in_doubt, 1u);
}

TEST(Deadline, BeforeAllPortsWereAskedIsAnErrorAlsoWhereOneIsOpen) {
  Target target({22, 80, 443});
  target.says = {{22, syn_ack}};
  target.pace_limit = 1;
  target.task_timeout = 100'000'000;
  ASSERT_TRUE(target.run());
  EXPECT_EQ(target.result(0).outcome, SONDE_ERROR);
  EXPECT_EQ(target.ports(), std::set<uint64_t>{22});
  EXPECT_EQ(target.tcp(), R"({"closed":[],"silent":[],"unasked":[80,443]})");
  EXPECT_NE(target.result(0).failure.find("2 of 3 ports were not asked before the deadline"), std::string::npos);
}

// While the address that it would leave from is still looked for duplicates of.
TEST(Refused, WhoHasNoAddressToLeaveFromYetHoldsUpNobodyElse) {
  const bool possible = testing::in_own_network([] {
    if (!testing::add_tentative_address("doubt", "2001:db8::1")) return false;
    std::vector<uint64_t> ports(48);  // three turns of a host, so that they alternate
    std::iota(ports.begin(), ports.end(), 1000);
    Target two(ports);
    two.add_v4(127, 0, 0, 10);
    bool has_address = false;
    unsigned asked = 0;
    const auto leaves = two.wire.leaves;
    two.wire.leaves = [&](const Packet& packet) {
      if (packet[19] == 9 && !has_address) return EADDRNOTAVAIL;
      asked += packet[19] == 10;
      return leaves(packet);
    };
    two.held_clock = testing::clock_ns();
    EXPECT_EQ(two.create(sonde_plugin_v0(0)), SONDE_OK);
    two.offer();
    for (int ms = 0; ms < 10; ++ms) {
      *two.held_clock += 1'000'000;
      two.turn(1);
    }
    EXPECT_EQ(asked, ports.size()) << "of those who have one, within 10 ms";
    has_address = true;
    two.held_clock.reset();
    EXPECT_TRUE(two.ShardHost::run(std::chrono::seconds(10)));
    for (size_t i = 0; i < 2; ++i) EXPECT_EQ(two.result(i).outcome, SONDE_NO_ANSWER) << i;
    EXPECT_EQ(asked, 2 * ports.size());
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace with a bridge can be made here";
}

}  // namespace
}  // namespace sonde::tcp_syn
