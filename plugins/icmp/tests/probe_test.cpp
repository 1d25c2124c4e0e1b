// The probe as the host sees it, on a wire that the test holds: what counts as an answer of the target.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "testing/raw_wire.hpp"
#include "testing/shard_host.hpp"

namespace sonde::icmp {
namespace {

using Packet = testing::RawWire::Packet;
constexpr uint8_t protocol = 1, echo_reply = 0, unreachable = 3, host_unreachable = 1;
constexpr size_t proving = 24;  // octets of a request

// Behind an IPv4 header from one address to another, by their last octets.
Packet ip4(uint8_t from, uint8_t to, const Packet& inside) {
  Packet p = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, from, 192, 0, 2, to};
  p.insert(p.end(), inside.begin(), inside.end());
  return p;
}
constexpr uint8_t own = 1, target = 9, router = 254;

Packet reply(Packet request) {
  request[0] = echo_reply;
  return request;
}
Packet error(const Packet& request, size_t quoted) {
  Packet p = {unreachable, host_unreachable, 0, 0, 0, 0, 0, 0};
  const Packet inside = ip4(own, target, {request.begin(), request.begin() + static_cast<std::ptrdiff_t>(quoted)});
  p.insert(p.end(), inside.begin(), inside.end());
  return p;
}

// One target, 192.0.2.9. `says`: what comes when a request has left.
class Probe : public testing::ShardHost {
 public:
  explicit Probe(std::function<Packet(const Packet&)> says) {
    options.set("count", int64_t{2}).set("timeout", int64_t{60'000'000}).set("interval", int64_t{20'000'000});
    options.set("adaptive", false).set("size", int64_t{32});
    raw = [this](int family, int proto, uint32_t, int& fd) {
      return family == AF_INET ? wire.open(family, proto, fd) : sonde_err{SONDE_E_DENIED};
    };
    wire.leaves = [this, says](const Packet& request) {
      if (says) wire.arrive(protocol, says(request));
      return 0;
    };
    add_v4(192, 0, 2, target);
  }
  ~Probe() override { stop(); }
  sonde_outcome run() {
    EXPECT_EQ(create(sonde_plugin_v0(0)), SONDE_OK) << failure;
    EXPECT_TRUE(ShardHost::run(std::chrono::seconds(10)));
    return result(0).outcome;
  }
  bool alive() const { return result(0).put.count(0) != 0; }

  testing::RawWire wire;
};

TEST(Probe, AReplyIsALivingHost) {
  Probe probe([](const Packet& request) { return ip4(target, own, reply(request)); });
  EXPECT_EQ(probe.run(), SONDE_POSITIVE);
  EXPECT_TRUE(probe.alive());
  EXPECT_EQ(probe.wire.sent.size(), 1u);
}

TEST(Probe, SilenceIsAskedTwice) {
  Probe probe(nullptr);
  EXPECT_EQ(probe.run(), SONDE_NO_ANSWER);
  EXPECT_EQ(probe.wire.sent.size(), 2u);
}

TEST(Probe, TheReplyOfAnotherAddressIsNone) {
  Probe probe([](const Packet& request) { return ip4(router, own, reply(request)); });
  EXPECT_EQ(probe.run(), SONDE_NO_ANSWER);
  EXPECT_FALSE(probe.alive());
}

TEST(Probe, AnErrorOfTheTargetItselfIsNegative) {
  Probe probe([](const Packet& request) { return ip4(target, own, error(request, proving)); });
  EXPECT_EQ(probe.run(), SONDE_NEGATIVE);
  EXPECT_TRUE(probe.alive());
}

TEST(Probe, AnErrorOfARouterSaysNothing) {
  Probe probe([](const Packet& request) { return ip4(router, own, error(request, proving)); });
  EXPECT_EQ(probe.run(), SONDE_NO_ANSWER);
}

TEST(Probe, EightQuotedOctetsCouldBeGuessed) {
  Probe probe([](const Packet& request) { return ip4(target, own, error(request, 8)); });
  EXPECT_EQ(probe.run(), SONDE_NO_ANSWER);
  EXPECT_FALSE(probe.alive());
}

}  // namespace
}  // namespace sonde::icmp
