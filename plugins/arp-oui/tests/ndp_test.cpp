// Neighbour Discovery octet by octet.
#include "arp-oui/ndp.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"
#include "common-linux/socket.hpp"

namespace sonde::arp_oui {
namespace {

using net::Ip;
const Ip own = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const Ip target = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0x56, 0x78};
constexpr net::Mac own_mac = {2, 0, 0, 0, 0, 1}, other_mac = {2, 0, 0, 0, 0, 7}, router_mac = {2, 0, 0, 0, 0, 9};

void seal(std::vector<uint8_t>& f) {
  const auto icmp = std::span(f).subspan(54, net::load16(&f[18]));
  net::store16(&icmp[2], 0);
  const auto pseudo = net::pseudo_header6(net::ip6(&f[22]), net::ip6(&f[38]), static_cast<uint32_t>(icmp.size()), 58);
  net::store16(&icmp[2], net::checksum_finish(net::checksum_add(icmp, pseudo)));
}

std::vector<uint8_t> advertisement() {
  std::vector<uint8_t> f(54 + 32, 0);
  std::memcpy(&f[0], own_mac.data(), 6);
  std::memcpy(&f[6], router_mac.data(), 6);
  net::store16(&f[12], 0x86dd);
  f[14] = 0x60;
  net::store16(&f[18], 32);
  f[20] = 58;
  f[21] = 255;
  std::memcpy(&f[22], target.data(), 16);
  std::memcpy(&f[38], own.data(), 16);
  f[54] = 136;
  f[58] = 0x60;
  std::memcpy(&f[62], target.data(), 16);
  f[78] = 2;
  f[79] = 1;
  std::memcpy(&f[80], other_mac.data(), 6);
  seal(f);
  return f;
}

TEST(Ndp, SolicitationGoesToTheSolicitedNodeGroup) {
  std::vector<uint8_t> f(solicitation_size);
  build_solicitation(f, own_mac, own, target);
  EXPECT_EQ(std::vector<uint8_t>(f.begin(), f.begin() + 6), (std::vector<uint8_t>{0x33, 0x33, 0xff, 0x34, 0x56, 0x78}));
  EXPECT_EQ(net::ip6(&f[38]), (Ip{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x34, 0x56, 0x78}));
  EXPECT_EQ(f[21], 255);
  EXPECT_EQ(f[54], 135);
  EXPECT_EQ(net::ip6(&f[62]), target);
  EXPECT_EQ(std::vector<uint8_t>(f.begin() + 78, f.end()), (std::vector<uint8_t>{1, 1, 2, 0, 0, 0, 0, 1}));
  const auto icmp = std::span<const uint8_t>(f).subspan(54);
  const auto pseudo = net::pseudo_header6(own, net::ip6(&f[38]), 32, 58);
  EXPECT_EQ(net::checksum_finish(net::checksum_add(icmp, pseudo)), 0);
}

TEST(Ndp, Advertisement) {
  const auto a = parse_advertisement(advertisement());
  ASSERT_TRUE(a);
  EXPECT_EQ(a->target, target);
  EXPECT_EQ(a->mac, other_mac);
  EXPECT_EQ(a->frame_source, router_mac);
  EXPECT_TRUE(a->solicited);
}

TEST(Ndp, WithoutTheOptionTheAddressIsNotSaid) {
  auto f = advertisement();
  net::store16(&f[18], 24);
  seal(f);
  const auto a = parse_advertisement(f);  // what follows the message is padding
  ASSERT_TRUE(a);
  EXPECT_FALSE(a->mac);
}

TEST(Ndp, WhatCameThroughARouterIsNoNeighbour) {
  auto f = advertisement();
  f[21] = 254;
  EXPECT_FALSE(parse_advertisement(f));
}

TEST(Ndp, WrongChecksumOrBrokenOptionsAreRefused) {
  auto f = advertisement();
  f[80] ^= 1;
  EXPECT_FALSE(parse_advertisement(f));
  for (const auto length : std::vector<uint8_t>{0, 2, 255}) {
    f = advertisement();
    f[79] = length;
    seal(f);
    EXPECT_FALSE(parse_advertisement(f)) << int{length};
  }
}

TEST(Ndp, AGroupIsNobodysAddress) {
  auto f = advertisement();
  f[62] = 0xff;
  seal(f);
  EXPECT_FALSE(parse_advertisement(f));
}

TEST(Ndp, TruncatedFramesAreNothing) {
  const auto whole = advertisement();
  for (size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(parse_advertisement(std::span(whole).first(n))) << n;
}

TEST(Ndp, FilterPassesAdvertisementsOnly) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
  const net::Socket sender(fds[0]), receiver(fds[1]);
  ASSERT_TRUE(receiver.attach_filter(advertisement_filter()));
  const auto good = advertisement();
  auto solicitation = good, tcp = good;
  solicitation[54] = 135;
  tcp[20] = 6;
  uint8_t buffer[128];
  for (const auto& f : {solicitation, tcp}) {
    ::send(sender.fd(), f.data(), f.size(), MSG_DONTWAIT);
    EXPECT_EQ(::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT), -1);
  }
  ::send(sender.fd(), good.data(), good.size(), MSG_DONTWAIT);
  EXPECT_EQ(::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT), 86);
}

}  // namespace
}  // namespace sonde::arp_oui
