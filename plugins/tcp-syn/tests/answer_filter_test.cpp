// The filters, run by the kernel on a pair of local sockets: no privilege and no network is needed for that.
#include "tcp-syn/answer_filter.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <vector>

#include "common-linux/bpf.hpp"
#include "common-linux/bytes.hpp"
#include "common-linux/socket.hpp"

namespace sonde::tcp_syn {
namespace {

using Packet = std::vector<uint8_t>;
constexpr uint16_t port = 0xbeef;

bool passes(const std::vector<sock_filter>& program, const Packet& packet) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) return ADD_FAILURE() << "socketpair", false;
  const net::Socket sender(fds[0]), receiver(fds[1]);
  if (!receiver.attach_filter(program)) return ADD_FAILURE() << "the kernel refuses the program", false;
  ::send(sender.fd(), packet.data(), packet.size(), MSG_DONTWAIT);
  uint8_t buffer[256];
  return ::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT) == static_cast<ssize_t>(packet.size());
}

Packet segment(uint16_t from, uint16_t to, uint8_t flags) {
  Packet p(20, 0);
  net::store16(&p[0], from);
  net::store16(&p[2], to);
  p[13] = flags;
  return p;
}
Packet ipv4(const Packet& inside, uint8_t protocol = 6, uint8_t words = 5) {
  Packet p(words * 4u, 0);
  p[0] = static_cast<uint8_t>(0x40 | words);
  p[9] = protocol;
  p.insert(p.end(), inside.begin(), inside.end());
  return p;
}
Packet ipv6(const Packet& inside, uint8_t protocol = 6) {
  Packet p(40, 0);
  p[0] = 0x60;
  p[6] = protocol;
  p.insert(p.end(), inside.begin(), inside.end());
  return p;
}
Packet error(uint8_t type, const Packet& quoted) {
  Packet p = {type, 1, 0, 0, 0, 0, 0, 0};
  p.insert(p.end(), quoted.begin(), quoted.end());
  return p;
}

TEST(AnswerFilter, SynAckAndRstToOurPort) {
  for (const uint8_t flags : Packet{0x12, 0x14, 0x04, 0x52}) {
    EXPECT_TRUE(passes(answer_filter4(port), ipv4(segment(80, port, flags)))) << int{flags};
    EXPECT_TRUE(passes(answer_filter4(port), ipv4(segment(80, port, flags), 6, 8))) << "IP options";
    EXPECT_TRUE(passes(answer_filter6(port), segment(80, port, flags))) << int{flags};
  }
}
TEST(AnswerFilter, NothingElse) {
  for (const uint8_t flags : Packet{0x02, 0x10, 0x11, 0x18}) {
    EXPECT_FALSE(passes(answer_filter4(port), ipv4(segment(80, port, flags)))) << int{flags};
    EXPECT_FALSE(passes(answer_filter6(port), segment(80, port, flags))) << int{flags};
  }
  EXPECT_FALSE(passes(answer_filter4(port), ipv4(segment(80, 0xbeee, 0x12)))) << "another shard's";
  EXPECT_FALSE(passes(answer_filter6(port), segment(80, 0xbeee, 0x12)));
  EXPECT_FALSE(passes(answer_filter6(port), segment(port, 80, 0x12))) << "the wrong way";
  EXPECT_FALSE(passes(answer_filter4(port), {0x45}));
}

TEST(ErrorFilter, ErrorsThatQuoteASegmentFromOurPort) {
  for (const uint8_t type : Packet{3, 11, 12})
    EXPECT_TRUE(passes(error_filter4(port), ipv4(error(type, ipv4(segment(port, 80, 2))), 1))) << int{type};
  EXPECT_TRUE(passes(error_filter4(port), ipv4(error(3, ipv4(segment(port, 80, 2), 6, 7)), 1, 6))) << "IP options";
  for (const uint8_t type : Packet{1, 3, 4})
    EXPECT_TRUE(passes(error_filter6(port), error(type, ipv6(segment(port, 80, 2)))));
}
TEST(ErrorFilter, NothingElse) {
  EXPECT_FALSE(passes(error_filter4(port), ipv4(error(0, ipv4(segment(port, 80, 2))), 1))) << "an echo reply";
  EXPECT_FALSE(passes(error_filter4(port), ipv4(error(5, ipv4(segment(port, 80, 2))), 1))) << "a redirect";
  EXPECT_FALSE(passes(error_filter4(port), ipv4(error(3, ipv4(segment(port, 80, 2), 17)), 1))) << "of a datagram";
  EXPECT_FALSE(passes(error_filter4(port), ipv4(error(3, ipv4(segment(0xbeee, 80, 2))), 1)));
  EXPECT_FALSE(passes(error_filter6(port), error(129, ipv6(segment(port, 80, 2)))));
  EXPECT_FALSE(passes(error_filter6(port), error(1, ipv6(segment(port, 80, 2), 17))));
  EXPECT_FALSE(passes(error_filter6(port), error(1, ipv6(segment(0xbeee, 80, 2)))));
}

TEST(FrameFilter, AnswersAndErrorsOfBothFamilies) {
  const auto framed = [](Packet packet) {
    packet.insert(packet.begin(), 14, 0);
    return packet;
  };
  const auto four = frame_filter(true, port), six = frame_filter(false, port);
  for (const uint8_t words : Packet{5, 8}) {
    EXPECT_TRUE(passes(four, framed(ipv4(segment(80, port, 0x12), 6, words))));
    EXPECT_TRUE(passes(four, framed(ipv4(error(3, ipv4(segment(port, 80, 2), 6, words)), 1, words))));
    EXPECT_FALSE(passes(four, framed(ipv4(segment(80, port, 0x10), 6, words))));
    EXPECT_FALSE(passes(four, framed(ipv4(segment(80, 0xbeee, 0x12), 6, words))));
    EXPECT_FALSE(passes(four, framed(ipv4(error(3, ipv4(segment(0xbeee, 80, 2))), 1, words))));
  }
  EXPECT_FALSE(passes(four, framed(ipv4(segment(80, port, 0x12), 17))));
  EXPECT_TRUE(passes(six, framed(ipv6(segment(80, port, 0x14)))));
  EXPECT_TRUE(passes(six, framed(ipv6(error(1, ipv6(segment(port, 80, 2))), 58))));
  EXPECT_FALSE(passes(six, framed(ipv6(segment(80, 0xbeee, 0x12)))));
  EXPECT_FALSE(passes(six, framed(ipv6(error(1, ipv6(segment(0xbeee, 80, 2))), 58))));
  EXPECT_FALSE(passes(six, framed(ipv6(error(135, ipv6(segment(port, 80, 2))), 58)))) << "neighbour discovery";
}

}  // namespace
}  // namespace sonde::tcp_syn
