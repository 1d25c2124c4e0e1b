// The filters, run by the kernel on a pair of local sockets: no privilege and no network is needed for that.
#include "icmp/echo_filter.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "common-linux/socket.hpp"

namespace sonde::icmp {
namespace {

using Packet = std::vector<uint8_t>;
constexpr uint16_t id = 0xbeef;

bool passes(const std::vector<sock_filter>& program, const Packet& packet) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) return ADD_FAILURE() << "socketpair", false;
  const net::Socket sender(fds[0]), receiver(fds[1]);
  if (!receiver.attach_filter(program)) return ADD_FAILURE() << "the kernel refuses the program", false;
  ::send(sender.fd(), packet.data(), packet.size(), MSG_DONTWAIT);
  uint8_t buffer[256];
  return ::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT) == static_cast<ssize_t>(packet.size());
}

Packet ipv4(const Packet& icmp, uint8_t words = 5) {
  Packet p(words * 4u, 0);
  p[0] = static_cast<uint8_t>(0x40 | words);
  p[9] = 1;
  p.insert(p.end(), icmp.begin(), icmp.end());
  return p;
}
Packet ipv6(const Packet& icmp) {
  Packet p(40, 0);
  p[0] = 0x60;
  p[6] = 58;
  p.insert(p.end(), icmp.begin(), icmp.end());
  return p;
}
Packet echo(uint8_t type, uint16_t with_id) {
  return {type, 0, 0, 0, static_cast<uint8_t>(with_id >> 8), static_cast<uint8_t>(with_id), 0, 1};
}
Packet error(uint8_t type, const Packet& quoted) {
  Packet p = {type, 1, 0, 0, 0, 0, 0, 0};
  p.insert(p.end(), quoted.begin(), quoted.end());
  return p;
}

TEST(EchoFilter4, RepliesWithOurId) {
  EXPECT_TRUE(passes(reply_filter4(id), ipv4(echo(0, id))));
  EXPECT_TRUE(passes(reply_filter4(id), ipv4(echo(0, id), 8)));
  EXPECT_FALSE(passes(reply_filter4(id), ipv4(echo(0, 0xbeee))));
  EXPECT_FALSE(passes(reply_filter4(id), ipv4(echo(8, id))));  // our own request, seen on loopback
  EXPECT_FALSE(passes(reply_filter4(id), ipv4(echo(14, id))));
}

TEST(EchoFilter4, ErrorsThatQuoteOurId) {
  for (const auto type : Packet{3, 4, 5, 11, 12})
    EXPECT_TRUE(passes(reply_filter4(id), ipv4(error(type, ipv4(echo(8, id)))))) << int{type};
  EXPECT_TRUE(passes(reply_filter4(id), ipv4(error(3, ipv4(echo(8, id), 7)), 6)));
  EXPECT_FALSE(passes(reply_filter4(id), ipv4(error(3, ipv4(echo(8, 1))))));
  Packet udp = ipv4(echo(8, id));
  udp[9] = 17;
  EXPECT_FALSE(passes(reply_filter4(id), ipv4(error(3, udp))));
}

TEST(EchoFilter4, TruncatedPacketsAreDropped) {
  const Packet whole = ipv4(error(3, ipv4(echo(8, id))));
  for (size_t n = 1; n < whole.size() - 2; ++n)
    EXPECT_FALSE(passes(reply_filter4(id), Packet(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)))) << n;
}

TEST(EchoFilter6, RepliesWithOurId) {
  EXPECT_TRUE(passes(reply_filter6(id), echo(129, id)));
  EXPECT_FALSE(passes(reply_filter6(id), echo(129, 1)));
  EXPECT_FALSE(passes(reply_filter6(id), echo(128, id)));
  EXPECT_FALSE(passes(reply_filter6(id), echo(136, id)));
}

TEST(EchoFilter6, ErrorsThatQuoteOurId) {
  for (const auto type : Packet{1, 2, 3, 4})
    EXPECT_TRUE(passes(reply_filter6(id), error(type, ipv6(echo(128, id))))) << int{type};
  EXPECT_FALSE(passes(reply_filter6(id), error(1, ipv6(echo(128, 1)))));
  Packet udp = ipv6(echo(128, id));
  udp[6] = 17;
  EXPECT_FALSE(passes(reply_filter6(id), error(1, udp)));
}

TEST(FrameFilter, TheSameBehindALinkHeader) {
  const auto framed = [](Packet packet) {
    packet.insert(packet.begin(), 14, 0);
    return packet;
  };
  const auto four = frame_filter(true, id), six = frame_filter(false, id);
  EXPECT_TRUE(passes(four, framed(ipv4(echo(0, id)))));
  EXPECT_TRUE(passes(four, framed(ipv4(error(3, ipv4(echo(8, id), 7)), 6))));
  EXPECT_FALSE(passes(four, framed(ipv4(echo(0, 0xbeee)))));
  EXPECT_FALSE(passes(four, framed(ipv4(error(3, ipv4(echo(8, 1)))))));
  EXPECT_TRUE(passes(six, framed(ipv6(echo(129, id)))));
  EXPECT_TRUE(passes(six, framed(ipv6(error(1, ipv6(echo(128, id)))))));
  EXPECT_FALSE(passes(six, framed(ipv6(echo(129, 1)))));
  EXPECT_FALSE(passes(six, framed(ipv6(echo(136, id)))));
}

}  // namespace
}  // namespace sonde::icmp
