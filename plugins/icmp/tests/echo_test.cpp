// Echo requests octet by octet, and which replies prove that they answer ours.
#include "icmp/echo.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::icmp {
namespace {

const net::Ip target4 = net::mapped(net::Ip4{192, 0, 2, 7});
const net::Ip target6 = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
const net::Ip own6 = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const EchoIdentity self = {{1, 2}, 0xbeef};
constexpr EchoTag tag = {0x00010203, 0x000405, 1};

std::vector<uint8_t> request(const net::Ip& to, size_t payload = 32) {
  std::vector<uint8_t> packet(header_size + payload);
  build_request(packet, to, tag, self);
  return packet;
}
std::vector<uint8_t> reply_to(std::vector<uint8_t> packet) {
  packet[0] = 0;
  return packet;
}

TEST(Echo, RequestLayout) {
  const auto p = request(target4);
  EXPECT_EQ(std::vector<uint8_t>(p.begin(), p.begin() + 2), (std::vector<uint8_t>{8, 0}));
  EXPECT_EQ(net::load16(&p[4]), 0xbeef);
  EXPECT_EQ(net::load16(&p[6]), 0x0203 + 6553);
  EXPECT_EQ(std::vector<uint8_t>(p.begin() + 8, p.begin() + 16), (std::vector<uint8_t>{0, 1, 2, 3, 0, 4, 5, 1}));
  EXPECT_EQ(net::checksum(p), 0);  // what a receiver computes
}

TEST(Echo, RequestOverIpv6HasItsOwnType) {
  EXPECT_EQ(request(target6)[0], 128);
}

TEST(Echo, AttemptsAtOneTargetDifferInSequence) {
  EXPECT_NE(sequence_of({5, 0, 0}), sequence_of({5, 0, 1}));
  EXPECT_EQ(sequence_of({0x1fffe, 0, 0}), 0xfffe);
}

TEST(Echo, TheReplyProvesItself) {
  const auto claim = read_claim(reply_to(request(target4)));
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->tag, tag);
  EXPECT_TRUE(proves(*claim, target4, self, true));
}

TEST(Echo, AnotherAddressProvesNothing) {
  EXPECT_FALSE(proves(*read_claim(request(target4)), net::mapped(net::Ip4{192, 0, 2, 8}), self, true));
}

TEST(Echo, NoOctetThatIsProvenMayChange) {
  const auto good = reply_to(request(target4));
  for (size_t i = 4; i < header_size + least_payload; ++i) {
    auto bad = good;
    bad[i] ^= 1;
    EXPECT_FALSE(proves(*read_claim(bad), target4, self, true)) << i;
  }
}

TEST(Echo, AnotherInstanceWithTheSameIdProvesNothing) {
  EXPECT_FALSE(proves(*read_claim(request(target4)), target4, {{1, 3}, 0xbeef}, true));
}

TEST(Echo, APingSocketsIdIsTheKernels) {
  auto reply = reply_to(request(target4));
  net::store16(&reply[4], 0x1234);
  EXPECT_TRUE(proves(*read_claim(reply), target4, self, false));
  EXPECT_FALSE(proves(*read_claim(reply), target4, self, true));
}

TEST(Echo, ShortRepliesHaveNoClaim) {
  const auto whole = request(target4, least_payload);
  EXPECT_TRUE(read_claim(whole));
  EXPECT_FALSE(read_claim(std::span(whole).first(whole.size() - 1)));
  EXPECT_FALSE(read_claim({}));
}

TEST(Frame, Ipv4) {
  const auto echo = request(target4, 16);
  std::vector<uint8_t> frame(100, 0xee);
  const net::FrameAddresses ends = {
      {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 7}, net::mapped(net::Ip4{192, 0, 2, 1}), target4};
  const size_t size = build_frame(frame, ends, echo, 0x0102);
  ASSERT_EQ(size, 14u + 20 + 24);
  EXPECT_EQ(std::vector<uint8_t>(frame.begin(), frame.begin() + 14),
            (std::vector<uint8_t>{2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 1, 8, 0}));
  const auto ip = std::span(frame).subspan(14, 20);
  EXPECT_EQ(net::checksum(ip), 0);
  EXPECT_EQ(std::vector<uint8_t>(ip.begin(), ip.begin() + 10),
            (std::vector<uint8_t>{0x45, 0, 0, 44, 1, 2, 0, 0, 64, 1}));
  EXPECT_EQ(std::vector<uint8_t>(ip.begin() + 12, ip.end()), (std::vector<uint8_t>{192, 0, 2, 1, 192, 0, 2, 7}));
  EXPECT_TRUE(std::equal(echo.begin(), echo.end(), frame.begin() + 34));
}

TEST(Frame, Ipv6HasTheChecksumOverTheAddresses) {
  const auto echo = request(target6, 16);
  std::vector<uint8_t> frame(100);
  const net::FrameAddresses ends = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 7}, own6, target6};
  ASSERT_EQ(build_frame(frame, ends, echo, 0), 14u + 40 + 24);
  EXPECT_EQ(frame[14], 0x60);
  EXPECT_EQ(net::load16(&frame[18]), 24);
  EXPECT_EQ(frame[20], 58);
  const auto body = std::span<const uint8_t>(frame).subspan(54, 24);
  EXPECT_EQ(net::checksum_finish(net::checksum_add(body, net::pseudo_header6(own6, target6, 24, 58))), 0);
}

TEST(Frame, WhatDoesNotFitIsRefused) {
  std::vector<uint8_t> frame(40);
  EXPECT_EQ(build_frame(frame, {{}, {}, target4, target4}, request(target4), 0), 0u);
}

}  // namespace
}  // namespace sonde::icmp
