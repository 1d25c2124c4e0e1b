// Headers before what is sent and behind which answers stand, and packets quoted in ICMP errors.
#include "common-linux/headers.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::net {
namespace {

constexpr uint8_t tcp = 6, icmp = 1;
const Ip here = mapped(Ip4{192, 0, 2, 1}), there = mapped(Ip4{192, 0, 2, 7});

TEST(Headers, StripsTheIpv4Header) {
  std::vector<uint8_t> packet(24 + 8, 0);
  packet[0] = 0x46;
  packet[9] = 1;
  packet[24] = 3;
  ASSERT_TRUE(strip_ip4(packet, icmp));
  EXPECT_EQ((*strip_ip4(packet, icmp))[0], 3);
  EXPECT_FALSE(strip_ip4(packet, tcp));
  packet[0] = 0x4f;  // longer than what is there
  EXPECT_FALSE(strip_ip4(packet, icmp));
  packet[0] = 0x44;  // shorter than a header can be
  EXPECT_FALSE(strip_ip4(packet, icmp));
  packet[0] = 0x65;
  EXPECT_FALSE(strip_ip4(packet, icmp));
  EXPECT_FALSE(strip_ip4(std::span(packet).first(19), icmp));
}

TEST(Headers, Ipv4HeaderHasItsChecksum) {
  std::array<uint8_t, ip4_header_size> ip;
  write_ip4_header(ip, here, there, tcp, 24, 0x0102);
  EXPECT_EQ(checksum(ip), 0);
  EXPECT_EQ(std::vector<uint8_t>(ip.begin(), ip.begin() + 10),
            (std::vector<uint8_t>{0x45, 0, 0, 44, 1, 2, 0, 0, 64, 6}));
}

TEST(Headers, AFrameThatIsTooSmallIsRefused) {
  std::vector<uint8_t> frame(14 + 20 + 24);
  EXPECT_EQ(write_frame_headers(frame, {{}, {}, here, there}, tcp, 24, 0).size(), 24u);
  EXPECT_TRUE(write_frame_headers(frame, {{}, {}, here, there}, tcp, 25, 0).empty());
  EXPECT_TRUE(write_frame_headers(frame, {{}, {}, here, there}, tcp, 65536, 0).empty());
}

TEST(Frame, IsReadAsItWasWritten) {
  const Ip own6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  Ip far6 = own6;
  far6[15] = 7;
  for (const FrameAddresses& ends : {FrameAddresses{{2, 1}, {2, 2}, here, there}, {{2, 1}, {2, 2}, own6, far6}}) {
    std::vector<uint8_t> frame(14 + (is_v4(ends.to) ? 20 : 40) + 8);
    write_frame_headers(frame, ends, tcp, 8, 1)[7] = 9;
    frame.resize(frame.size() + 18);  // padding
    const auto read = read_frame(frame);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->protocol, tcp);
    EXPECT_EQ(read->ends.from, ends.from);
    EXPECT_EQ(read->ends.to, ends.to);
    EXPECT_EQ(read->ends.from_mac, ends.from_mac);
    EXPECT_EQ(reversed(read->ends).to_mac, ends.from_mac);
    ASSERT_EQ(read->payload.size(), 8u) << "without the padding";
    EXPECT_EQ(read->payload[7], 9);
    const size_t least = frame.size() - 18 - 8;
    for (size_t n = 0; n < least; ++n) EXPECT_FALSE(read_frame(std::span(frame).first(n))) << n;
    EXPECT_EQ(read_frame(std::span(frame).first(least + 3))->payload.size(), 3u) << "as much as was captured";
  }
}

TEST(Frame, WhatIsNoBeginningOfAnIpPacketIsNothing) {
  std::vector<uint8_t> whole(14 + 20 + 8);
  write_frame_headers(whole, {{}, {}, here, there}, tcp, 8, 1);
  const auto with = [&](size_t at, uint8_t octet) {
    std::vector<uint8_t> frame = whole;
    frame[at] = octet;
    return read_frame(frame);
  };
  EXPECT_TRUE(with(14 + 6, 0x20)) << "more fragments follow";
  EXPECT_FALSE(with(14 + 7, 1)) << "a later fragment";
  EXPECT_FALSE(with(13, 6)) << "ARP";
  EXPECT_FALSE(with(14, 0x44)) << "a header that is too short";
  EXPECT_FALSE(with(14, 0x4f)) << "one that is longer than the frame";
  EXPECT_FALSE(with(14, 0x65)) << "another version";
  EXPECT_FALSE(with(14 + 3, 19)) << "a packet that is shorter than its header";
}

std::vector<uint8_t> error4(uint8_t type, uint8_t protocol, size_t quoted) {
  std::vector<uint8_t> p(8 + 20 + quoted, 0x11);
  p[0] = type;
  p[1] = 3;
  write_ip4_header(std::span(p).subspan<8, 20>(), here, there, protocol, 24, 1);
  return p;
}

TEST(Quoted, TellsWhoseThePacketWas) {
  const auto q = read_quoted4(error4(3, tcp, 8), tcp);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->type, 3);
  EXPECT_EQ(q->code, 3);
  EXPECT_EQ(q->from, here);
  EXPECT_EQ(q->to, there);
  EXPECT_EQ(q->payload.size(), 8u);
}
TEST(Quoted, OtherPacketsAreNotRead) {
  EXPECT_FALSE(read_quoted4(error4(3, icmp, 8), tcp));
  EXPECT_FALSE(read_quoted4(error4(8, tcp, 8), tcp));  // an echo request
  const auto cut = error4(3, tcp, 8);
  EXPECT_FALSE(read_quoted4(std::span(cut).first(27), tcp));
  auto later_fragment = error4(3, tcp, 8);
  later_fragment[8 + 7] = 1;
  EXPECT_FALSE(read_quoted4(later_fragment, tcp));
}
TEST(Quoted, Ipv6) {
  std::vector<uint8_t> p(8 + 40 + 8, 0);
  p[0] = 1;
  p[8] = 0x60;
  p[8 + 6] = tcp;
  p[8 + 39] = 7;
  ASSERT_TRUE(read_quoted6(p, tcp));
  EXPECT_EQ(read_quoted6(p, tcp)->to[15], 7);
  EXPECT_FALSE(read_quoted6(p, 58));
  p[0] = 136;
  EXPECT_FALSE(read_quoted6(p, tcp));
}

TEST(Quoted, Names) {
  EXPECT_STREQ(describe_error(true, 3, 1), "host unreachable");
  EXPECT_STREQ(describe_error(true, 3, 13), "administratively prohibited");
  EXPECT_STREQ(describe_error(true, 11, 0), "time to live exceeded");
  EXPECT_STREQ(describe_error(false, 1, 3), "address unreachable");
  EXPECT_STREQ(describe_error(false, 99, 0), "parameter problem");
}

}  // namespace
}  // namespace sonde::net
