// ICMP errors: whose request they quote, cut short or not.
#include "icmp/quoted.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace sonde::icmp {
namespace {

const net::Ip target4 = net::mapped(net::Ip4{192, 0, 2, 7});
const net::Ip own6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
const net::Ip target6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
const EchoIdentity self = {{1, 2}, 0xbeef};
constexpr EchoTag tag = {3, 4, 1};
constexpr size_t payload = 32;

// An error whose quotation has `quoted` octets of the request behind its IP header.
std::vector<uint8_t> error4(size_t quoted, uint8_t header_words = 5) {
  std::vector<uint8_t> echo(header_size + payload);
  build_request(echo, target4, tag, self);
  std::vector<uint8_t> p = {3, 1, 0, 0, 0, 0, 0, 0};
  std::vector<uint8_t> ip(header_words * 4u, 0);
  ip[0] = static_cast<uint8_t>(0x40 | header_words);
  ip[9] = 1;
  std::memcpy(&ip[12], "\xc0\x00\x02\x01\xc0\x00\x02\x07", 8);
  p.insert(p.end(), ip.begin(), ip.end());
  p.insert(p.end(), echo.begin(), echo.begin() + static_cast<std::ptrdiff_t>(quoted));
  return p;
}
std::vector<uint8_t> error6(size_t quoted) {
  std::vector<uint8_t> echo(header_size + payload);
  build_request(echo, target6, tag, self);
  set_checksum6(echo, own6, target6);
  std::vector<uint8_t> p = {1, 3, 0, 0, 0, 0, 0, 0};
  std::vector<uint8_t> ip(40, 0);
  ip[0] = 0x60;
  ip[6] = 58;
  std::memcpy(&ip[8], own6.data(), 16);
  std::memcpy(&ip[24], target6.data(), 16);
  p.insert(p.end(), ip.begin(), ip.end());
  p.insert(p.end(), echo.begin(), echo.begin() + static_cast<std::ptrdiff_t>(quoted));
  return p;
}

constexpr size_t whole = header_size + payload, proving = header_size + least_payload;

TEST(Quoted, TheWholeRequestProvesItself) {
  const auto q = read_error4(error4(whole));
  ASSERT_TRUE(q);
  EXPECT_EQ(q->type, 3);
  EXPECT_EQ(q->code, 1);
  EXPECT_EQ(q->to, target4);
  EXPECT_EQ(q->claim.tag, tag);
  EXPECT_TRUE(proves(q->claim, q->to, self, true));
}

TEST(Quoted, LessThanTheProofIsNothing) {
  EXPECT_TRUE(read_error4(error4(proving)));
  EXPECT_TRUE(read_error6(error6(proving)));
  // The 8 octets of RFC 792 would be proven by 16 bits of a checksum: that can be guessed.
  EXPECT_FALSE(read_error4(error4(8)));
  EXPECT_FALSE(read_error6(error6(8)));
}

TEST(Quoted, Ipv6) {
  const auto q = read_error6(error6(proving));
  ASSERT_TRUE(q);
  EXPECT_EQ(q->to, target6);
  EXPECT_TRUE(proves(q->claim, q->to, self, true));
}

TEST(Quoted, HeaderOptionsAreSkipped) {
  EXPECT_EQ(read_error4(error4(proving, 7))->claim.id, 0xbeef);
}

TEST(Quoted, TruncatedQuotationsAreNothing) {
  const auto four = error4(proving), six = error6(proving);
  for (size_t n = 0; n < four.size(); ++n) EXPECT_FALSE(read_error4(std::span(four).first(n))) << n;
  for (size_t n = 0; n < six.size(); ++n) EXPECT_FALSE(read_error6(std::span(six).first(n))) << n;
}

TEST(Quoted, OnlyErrorsAboutEchoRequests) {
  auto reply = error4(proving);
  reply[0] = 0;
  EXPECT_FALSE(read_error4(reply));
  auto tcp = error4(proving);
  tcp[8 + 9] = 6;
  EXPECT_FALSE(read_error4(tcp));
  auto other_echo = error4(proving);
  other_echo[8 + 20] = 13;
  EXPECT_FALSE(read_error4(other_echo));
  auto later_fragment = error4(proving);
  later_fragment[8 + 7] = 1;
  EXPECT_FALSE(read_error4(later_fragment));
  auto advertisement = error6(proving);
  advertisement[0] = 136;
  EXPECT_FALSE(read_error6(advertisement));
}

}  // namespace
}  // namespace sonde::icmp
