// ARP frames octet by octet.
#include "arp-oui/arp.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "common-linux/socket.hpp"

namespace sonde::arp_oui {
namespace {

std::vector<uint8_t> reply() {
  std::vector<uint8_t> f = {2, 0, 0, 0, 0, 1, 2, 0,  0, 0, 0, 7, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                            2, 2, 0, 0, 0, 0, 7, 10, 0, 0, 7, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1};
  f.resize(60);
  return f;
}

TEST(Arp, Request) {
  std::vector<uint8_t> frame(arp_frame_size, 0xee);
  build_arp_request(frame, {2, 0, 0, 0, 0, 1}, {10, 0, 0, 1}, {10, 0, 0, 7});
  std::vector<uint8_t> expected = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                                   1,    2,    0,    0,    0,    0,    1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 7};
  expected.resize(60, 0);
  EXPECT_EQ(frame, expected);
}

TEST(Arp, Reply) {
  const auto r = parse_arp_reply(reply());
  ASSERT_TRUE(r);
  EXPECT_EQ(r->sender, (net::Ip4{10, 0, 0, 7}));
  EXPECT_EQ(r->mac, (net::Mac{2, 0, 0, 0, 0, 7}));
  EXPECT_EQ(r->frame_source, (net::Mac{2, 0, 0, 0, 0, 7}));
  EXPECT_EQ(r->asked_by, (net::Ip4{10, 0, 0, 1}));
}

TEST(Arp, RequestsAndOtherProtocolsAreNoReply) {
  for (size_t at : {12u, 13u, 14u, 15u, 16u, 17u, 18u, 19u, 20u, 21u}) {
    auto bad = reply();
    bad[at] ^= 3;
    EXPECT_FALSE(parse_arp_reply(bad)) << at;
  }
}

TEST(Arp, TruncatedFramesAreNothing) {
  const auto whole = reply();
  for (size_t n = 0; n < 42; ++n) EXPECT_FALSE(parse_arp_reply(std::span(whole).first(n))) << n;
  EXPECT_TRUE(parse_arp_reply(std::span(whole).first(42)));
}

TEST(Arp, FilterPassesRepliesOnly) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
  const net::Socket sender(fds[0]), receiver(fds[1]);
  ASSERT_TRUE(receiver.attach_filter(arp_reply_filter()));
  auto request = reply();
  request[21] = 1;
  uint8_t buffer[128];
  ::send(sender.fd(), request.data(), request.size(), MSG_DONTWAIT);
  EXPECT_EQ(::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT), -1);
  ::send(sender.fd(), reply().data(), 60, MSG_DONTWAIT);
  EXPECT_EQ(::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT), 60);
}

}  // namespace
}  // namespace sonde::arp_oui
