// The rtnetlink parser: what the kernel says, what it leaves out, and what is no message at all.
#include "common-linux/netlink.hpp"

#include <gtest/gtest.h>
#include <linux/if_arp.h>
#include <sys/socket.h>

#include "messages.hpp"

namespace sonde::net {
namespace {

constexpr uint32_t sequence = 7;
const Ip ten1 = mapped(Ip4{10, 0, 0, 1});

Message link_message(unsigned flags, uint16_t type = ARPHRD_ETHER) {
  ifinfomsg fixed{};
  fixed.ifi_index = 3;
  fixed.ifi_flags = flags;
  fixed.ifi_type = type;
  return Message(RTM_NEWLINK, sequence, fixed);
}
Message neighbour_message(int state) {
  ndmsg fixed{};
  fixed.ndm_family = AF_INET;
  fixed.ndm_ifindex = 3;
  fixed.ndm_state = static_cast<uint16_t>(state);
  Message m(RTM_NEWNEIGH, sequence, fixed);
  m.attribute(NDA_DST, {10, 0, 0, 1}).attribute(NDA_LLADDR, {0, 1, 2, 3, 4, 5});
  return m;
}
Message route_message(uint8_t family, uint8_t length, uint8_t table = RT_TABLE_MAIN) {
  rtmsg fixed{};
  fixed.rtm_family = family;
  fixed.rtm_dst_len = length;
  fixed.rtm_table = table;
  fixed.rtm_type = RTN_UNICAST;
  return Message(RTM_NEWROUTE, sequence, fixed);
}

TEST(Netlink, EthernetLink) {
  auto m = link_message(IFF_UP | IFF_BROADCAST);
  m.attribute(IFLA_IFNAME, {'e', 't', 'h', '0', 0}).attribute(IFLA_ADDRESS, {2, 0, 0, 0, 0, 9}).number(IFLA_MTU, 1400);
  Network n;
  EXPECT_EQ(parse_dump(m.bytes(), sequence, n).state, DumpState::more);
  ASSERT_EQ(n.links.size(), 1u);
  EXPECT_EQ(n.links[0].name, "eth0");
  EXPECT_EQ(n.links[0].mtu, 1400u);
  EXPECT_EQ(n.links[0].mac, (Mac{2, 0, 0, 0, 0, 9}));
  EXPECT_TRUE(n.links[0].up && n.links[0].ethernet && !n.links[0].loopback);
}

TEST(Netlink, ALinkWithoutArpIsNoEthernet) {
  Network n;
  parse_dump(link_message(IFF_UP | IFF_NOARP).bytes(), sequence, n);
  parse_dump(link_message(IFF_UP | IFF_LOOPBACK, ARPHRD_LOOPBACK).bytes(), sequence, n);
  ASSERT_EQ(n.links.size(), 2u);
  EXPECT_FALSE(n.links[0].ethernet);
  EXPECT_FALSE(n.links[1].ethernet);
  EXPECT_TRUE(n.links[1].loopback);
}

TEST(Netlink, LocalAddressNotThePeerOfAPointToPointLink) {
  ifaddrmsg fixed{};
  fixed.ifa_family = AF_INET;
  fixed.ifa_prefixlen = 24;
  fixed.ifa_index = 3;
  Message m(RTM_NEWADDR, sequence, fixed);
  m.attribute(IFA_ADDRESS, {10, 0, 0, 2}).attribute(IFA_LOCAL, {10, 0, 0, 1});
  Network n;
  parse_dump(m.bytes(), sequence, n);
  ASSERT_EQ(n.addresses.size(), 1u);
  EXPECT_EQ(n.addresses[0].ip, ten1);
  EXPECT_EQ(n.addresses[0].prefix, 96 + 24);
}

TEST(Netlink, TentativeAddressIsNotUsable) {
  ifaddrmsg fixed{};
  fixed.ifa_family = AF_INET6;
  fixed.ifa_prefixlen = 64;
  Message m(RTM_NEWADDR, sequence, fixed);
  m.attribute(IFA_ADDRESS, std::vector<uint8_t>(16, 0x20)).number(IFA_FLAGS, IFA_F_TENTATIVE);
  Network n;
  parse_dump(m.bytes(), sequence, n);
  ASSERT_EQ(n.addresses.size(), 1u);
  EXPECT_FALSE(n.addresses[0].usable);
  EXPECT_EQ(n.addresses[0].prefix, 64);
}

TEST(Netlink, OnlyStatesThatKnowTheAddressGiveANeighbour) {
  for (int state : {NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_PERMANENT}) {
    Network n;
    parse_dump(neighbour_message(state).bytes(), sequence, n);
    ASSERT_EQ(n.neighbours.size(), 1u) << state;
    EXPECT_EQ(n.neighbours[0].mac, (Mac{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(n.neighbours[0].ip, ten1);
  }
  for (int state : {NUD_INCOMPLETE, NUD_FAILED, NUD_NOARP, NUD_NONE}) {
    Network n;
    parse_dump(neighbour_message(state).bytes(), sequence, n);
    EXPECT_TRUE(n.neighbours.empty()) << state;
  }
}

TEST(Netlink, RouteOverAGatewayIsNotDirect) {
  auto direct = route_message(AF_INET, 8);
  direct.attribute(RTA_DST, {10, 0, 0, 0}).number(RTA_OIF, 3).attribute(RTA_PREFSRC, {10, 0, 0, 1});
  auto gateway = route_message(AF_INET, 0);
  gateway.attribute(RTA_GATEWAY, {10, 0, 0, 254}).number(RTA_OIF, 3);
  Network n;
  parse_dump(direct.bytes(), sequence, n);
  parse_dump(gateway.bytes(), sequence, n);
  ASSERT_EQ(n.routes.size(), 2u);
  EXPECT_TRUE(n.routes[0].direct);
  EXPECT_EQ(n.routes[0].source, ten1);
  EXPECT_EQ(n.routes[0].prefix, 96 + 8);
  EXPECT_FALSE(n.routes[1].direct);
  EXPECT_EQ(n.routes[1].prefix, 96);
}

TEST(Netlink, OtherRoutingTablesArePassedOver) {
  Network n;
  parse_dump(route_message(AF_INET, 8, RT_TABLE_LOCAL).bytes(), sequence, n);
  EXPECT_TRUE(n.routes.empty());
}

TEST(Netlink, SeveralMessagesInOneDatagramUpToTheEnd) {
  auto bytes = neighbour_message(NUD_REACHABLE).bytes();
  const auto done = Message(NLMSG_DONE, sequence, int32_t{0}).bytes();
  bytes.insert(bytes.end(), done.begin(), done.end());
  Network n;
  EXPECT_EQ(parse_dump(bytes, sequence, n).state, DumpState::done);
  EXPECT_EQ(n.neighbours.size(), 1u);
}

TEST(Netlink, ErrorCarriesItsErrno) {
  nlmsgerr error{};
  error.error = -EPERM;
  Network n;
  const auto progress = parse_dump(Message(NLMSG_ERROR, sequence, error).bytes(), sequence, n);
  EXPECT_EQ(progress.state, DumpState::failed);
  EXPECT_EQ(progress.error, EPERM);
}

TEST(Netlink, ATornDumpIsNoticedAndReadToItsEnd) {
  Network n;
  auto bytes = Message(RTM_NEWLINK, sequence, ifinfomsg{}, NLM_F_MULTI | NLM_F_DUMP_INTR).bytes();
  DumpProgress progress = parse_dump(bytes, sequence, n);
  EXPECT_EQ(progress.state, DumpState::more) << "the kernel has not said that it is done";
  EXPECT_TRUE(progress.torn);
  const auto done = Message(NLMSG_DONE, sequence, int32_t{0}).bytes();
  bytes.insert(bytes.end(), done.begin(), done.end());
  progress = parse_dump(bytes, sequence, n);
  EXPECT_EQ(progress.state, DumpState::done);
  EXPECT_TRUE(progress.torn);
  EXPECT_FALSE(parse_dump(done, sequence, n).torn);
  const Message torn_end(NLMSG_DONE, sequence, int32_t{0}, NLM_F_MULTI | NLM_F_DUMP_INTR);
  EXPECT_TRUE(parse_dump(torn_end.bytes(), sequence, n).torn);
}

TEST(Netlink, AnswersToOtherRequestsArePassedOver) {
  Network n;
  EXPECT_EQ(parse_dump(neighbour_message(NUD_REACHABLE).bytes(), sequence + 1, n).state, DumpState::more);
  EXPECT_TRUE(n.neighbours.empty());
}

TEST(Netlink, LengthsThatLieAreMalformed) {
  const auto whole = neighbour_message(NUD_REACHABLE).bytes();
  for (size_t n = 1; n < whole.size(); ++n) {
    Network into;
    EXPECT_EQ(parse_dump(std::span(whole).first(n), sequence, into).state, DumpState::malformed) << n;
  }
  auto attribute_too_long = whole;
  attribute_too_long[sizeof(nlmsghdr) + sizeof(ndmsg)] = 0xff;
  Network into;
  EXPECT_EQ(parse_dump(attribute_too_long, sequence, into).state, DumpState::malformed);
}

}  // namespace
}  // namespace sonde::net
