// Who shares a link with this machine, and as whom it is asked.
#include "common-linux/network.hpp"

#include <gtest/gtest.h>

namespace sonde::net {
namespace {

Ip four(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return mapped(Ip4{a, b, c, d});
}
Ip link_local(uint8_t last) {
  return {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
}
Ip global6(uint8_t last) {
  return {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
}

Route route(const Ip& network, unsigned prefix, uint32_t link, bool direct) {
  return {network, static_cast<uint8_t>(prefix), link, 0, direct, std::nullopt};
}
Address address(uint32_t link, const Ip& ip, unsigned prefix) {
  return {link, ip, static_cast<uint8_t>(prefix), true, false};
}

// lo, eth0 with 10.0.0.1/24 and v6, eth1 with 192.168.5.1/24; a default route over eth0.
Network home() {
  Network n;
  n.links = {{3, 1500, "eth1", Mac{2, 0, 0, 0, 0, 3}, true, false, true},
             {1, 65536, "lo", std::nullopt, true, true, false},
             {2, 1500, "eth0", Mac{2, 0, 0, 0, 0, 2}, true, false, true}};
  n.addresses = {address(1, four(127, 0, 0, 1), 104),   address(2, four(10, 0, 0, 1), 120),
                 address(3, four(192, 168, 5, 1), 120), address(2, link_local(1), 64),
                 address(3, link_local(2), 64),         address(2, global6(1), 64)};
  n.routes = {route(v4_prefix, 96, 2, false),
              route(four(10, 0, 0, 0), 120, 2, true),
              route(four(192, 168, 5, 0), 120, 3, true),
              route(link_local(0), 64, 2, true),
              route(link_local(0), 64, 3, true),
              route(global6(0), 64, 2, true)};
  n.neighbours = {{3, link_local(9), Mac{6, 0, 0, 0, 0, 3}, false}, {2, link_local(9), Mac{6, 0, 0, 0, 0, 2}, false}};
  n.index();
  return n;
}

TEST(Network, OnLinkByTheLongestRoute) {
  const Network n = home();
  const auto place = n.on_link(four(192, 168, 5, 77), 0);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->link->name, "eth1");
  EXPECT_EQ(place->source, four(192, 168, 5, 1));
  EXPECT_FALSE(n.on_link(four(8, 8, 8, 8), 0));
}

// What a look-up in all routes, one after the other, would find.
const Route* first_match(const Network& n, const Ip& ip) {
  for (const Route& r : n.routes)  // the longest prefix first
    if (is_v4(r.network) == is_v4(ip) && same_prefix(r.network, ip, r.prefix)) return &r;
  return nullptr;
}

TEST(Network, AmongManyRoutesTheLongestAndThenTheCheapestIsFound) {
  Network n = home();
  uint32_t state = 1;
  const auto next = [&state] { return state = state * 1664525 + 1013904223; };
  const auto some = [&] {
    const uint32_t r = next() >> 8;
    return four(10, static_cast<uint8_t>(r & 3), static_cast<uint8_t>(r >> 8), static_cast<uint8_t>(r >> 16));
  };
  for (int i = 0; i < 5000; ++i) {
    Route r = route(some(), 100 + (next() >> 8) % 29, 2, true);
    r.metric = (next() >> 8) % 3;
    r.source = some();
    n.routes.push_back(r);
  }
  n.index();
  size_t hits = 0;
  for (int i = 0; i < 5000; ++i) {
    const Ip ip = some();
    const Route* expected = first_match(n, ip);
    const auto place = n.on_link(ip, 0);
    ASSERT_NE(expected, nullptr);
    ASSERT_EQ(place.has_value(), expected->direct) << to_text(ip);
    if (!place || !expected->source) continue;
    ++hits;
    EXPECT_EQ(place->source, *expected->source) << to_text(ip);
  }
  EXPECT_GT(hits, 4000u);
}

TEST(Network, ARouteWithBitsBehindItsPrefixIsFound) {
  Network n = home();
  n.routes.push_back(route(four(172, 16, 9, 9), 96 + 20, 2, true));
  n.index();
  EXPECT_TRUE(n.on_link(four(172, 16, 3, 1), 0));
  EXPECT_FALSE(n.on_link(four(172, 16, 16, 1), 0));
}

TEST(Network, AHostRouteOverAGatewayTakesOneAddressOut) {
  Network n = home();
  n.routes.push_back(route(four(10, 0, 0, 66), 128, 2, false));
  n.index();
  EXPECT_FALSE(n.on_link(four(10, 0, 0, 66), 0));
  EXPECT_TRUE(n.on_link(four(10, 0, 0, 67), 0));
}

TEST(Network, TheRoutesOwnSourceIsTaken) {
  Network n = home();
  for (Route& r : n.routes)
    if (r.network == four(10, 0, 0, 0)) r.source = four(10, 0, 0, 200);
  EXPECT_EQ(n.on_link(four(10, 0, 0, 7), 0)->source, four(10, 0, 0, 200));
}

TEST(Network, ALinkThatIsDownHasNoNeighbours) {
  Network n = home();
  for (Link& l : n.links) l.up = false;
  EXPECT_FALSE(n.on_link(four(10, 0, 0, 7), 0));
}

TEST(Network, LinkLocalGoesToItsZoneWithALinkLocalSource) {
  const Network n = home();
  ASSERT_TRUE(n.on_link(link_local(9), 3));
  EXPECT_EQ(n.on_link(link_local(9), 3)->link->name, "eth1");
  EXPECT_EQ(n.on_link(link_local(9), 3)->source, link_local(2));
  EXPECT_EQ(n.on_link(global6(9), 0)->source, global6(1));
}

TEST(Network, NeighbourOfAZone) {
  const Network n = home();
  EXPECT_EQ(n.neighbour(link_local(9), 2)->mac[5], 2);
  EXPECT_EQ(n.neighbour(link_local(9), 3)->mac[5], 3);
  EXPECT_EQ(n.neighbour(link_local(8), 2), nullptr);
}

TEST(Network, OwnAddressesAndTheWholeLoopbackNetwork) {
  const Network n = home();
  EXPECT_EQ(n.own(four(10, 0, 0, 1), 0)->name, "eth0");
  EXPECT_EQ(n.own(four(127, 9, 9, 9), 0)->name, "lo");
  EXPECT_EQ(n.own(link_local(2), 2), nullptr);  // the same address in another zone is somebody else
  EXPECT_EQ(n.own(link_local(2), 3)->name, "eth1");
  EXPECT_EQ(n.own(four(10, 0, 0, 2), 0), nullptr);
}

TEST(SamePrefix, ComparesWholeAndPartialOctets) {
  EXPECT_TRUE(same_prefix(four(10, 0, 0, 1), four(10, 0, 0, 127), 96 + 25));
  EXPECT_FALSE(same_prefix(four(10, 0, 0, 1), four(10, 0, 0, 128), 96 + 25));
  EXPECT_TRUE(same_prefix(four(1, 2, 3, 4), global6(1), 0));
}

}  // namespace
}  // namespace sonde::net
