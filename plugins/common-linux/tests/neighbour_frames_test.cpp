// When a hardware address that an earlier stage wrote may be sent to.
#include "common-linux/neighbour_frames.hpp"

#include <gtest/gtest.h>

namespace sonde::net {
namespace {

constexpr const char* mac = "02:00:00:00:00:07";
const Ip own = mapped(Ip4{10, 0, 0, 1}), neighbour = mapped(Ip4{10, 0, 0, 7}), far = mapped(Ip4{10, 9, 0, 7});

Network home() {
  Network n;
  n.links = {{2, 1500, "eth0", Mac{2, 0, 0, 0, 0, 2}, true, false, true}};
  n.addresses = {{2, own, 120, true, false}};
  n.routes = {{v4_prefix, 96, 2, 0, false, std::nullopt}, {mapped(Ip4{10, 0, 0, 0}), 120, 2, 0, true, std::nullopt}};
  n.index();
  return n;
}

TEST(KnownNeighbour, IsSentToByItsHardwareAddress) {
  const auto path = known_neighbour(home(), neighbour, 0, "direct", mac, 64);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->link, 2u);
  EXPECT_EQ(path->ends.to_mac, (Mac{2, 0, 0, 0, 0, 7}));
  EXPECT_EQ(path->ends.from_mac, (Mac{2, 0, 0, 0, 0, 2}));
  EXPECT_EQ(path->ends.from, own);
  EXPECT_EQ(path->ends.to, neighbour);
}

TEST(KnownNeighbour, WhatIsNotCertainIsLeftToTheKernel) {
  EXPECT_FALSE(known_neighbour(home(), neighbour, 0, "", mac, 64)) << "a MAC from elsewhere";
  EXPECT_FALSE(known_neighbour(home(), neighbour, 0, "silent", mac, 64));
  EXPECT_FALSE(known_neighbour(home(), neighbour, 0, "direct", "no mac", 64));
  EXPECT_FALSE(known_neighbour(home(), neighbour, 0, "direct", "01:00:5e:00:00:07", 64)) << "a group";
  EXPECT_FALSE(known_neighbour(home(), far, 0, "direct", mac, 64)) << "behind a gateway";
  EXPECT_FALSE(known_neighbour(home(), own, 0, "direct", mac, 64)) << "this machine";
  EXPECT_FALSE(known_neighbour(home(), neighbour, 0, "direct", mac, 1501)) << "larger than the link takes";
}

}  // namespace
}  // namespace sonde::net
