// The filter of a packet socket, run by the kernel on a pair of local sockets; those are PACKET_HOST as well.
#include "common-linux/bpf.hpp"

#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <vector>

#include "common-linux/headers.hpp"
#include "common-linux/socket.hpp"

namespace sonde::net::bpf {
namespace {

using Packet = std::vector<uint8_t>;
constexpr uint8_t tcp = 6, icmp = 1, udp = 17;
const Ip own4 = mapped(Ip4{192, 0, 2, 1}), far4 = mapped(Ip4{192, 0, 2, 7});
const Ip own6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

bool passes(const std::vector<sock_filter>& program, const Packet& packet) {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0) return ADD_FAILURE() << "socketpair", false;
  const Socket sender(fds[0]), receiver(fds[1]);
  if (!receiver.attach_filter(program)) return ADD_FAILURE() << "the kernel refuses the program", false;
  ::send(sender.fd(), packet.data(), packet.size(), MSG_DONTWAIT);
  uint8_t buffer[256];
  return ::recv(receiver.fd(), buffer, sizeof buffer, MSG_DONTWAIT) == static_cast<ssize_t>(packet.size());
}

Packet frame(bool four, uint8_t protocol, uint8_t first, uint8_t second) {
  Packet p(ethernet_header_size + (four ? ip4_header_size : ip6_header_size) + 8);
  const FrameAddresses ends = {{}, {}, four ? far4 : own6, four ? own4 : own6};
  const auto payload = write_frame_headers(p, ends, protocol, 8, 1);
  payload[0] = first;
  payload[1] = second;
  return p;
}

// The first octet behind the IP header is this one, as a raw socket of that family sees it.
std::vector<sock_filter> begins_with4(uint8_t octet) {
  return {stmt(BPF_LDX | BPF_B | BPF_MSH, 0), stmt(ld_byte, 0), jump(equal, octet, 0, 1),
          stmt(BPF_RET | BPF_K, whole_packet), stmt(BPF_RET | BPF_K, 0)};
}
std::vector<sock_filter> begins_with6(uint8_t octet) {
  return {stmt(abs_byte, 0), jump(equal, octet, 0, 1), stmt(BPF_RET | BPF_K, whole_packet), stmt(BPF_RET | BPF_K, 0)};
}

TEST(ForFrames, EachProtocolIsJudgedByItsProgram) {
  const auto four = for_frames(true, {{tcp, begins_with4(1)}, {icmp, begins_with4(2)}});
  const auto six = for_frames(false, {{tcp, begins_with6(1)}, {icmp, begins_with6(2)}});
  for (const bool is_four : {true, false}) {
    const auto& program = is_four ? four : six;
    EXPECT_TRUE(passes(program, frame(is_four, tcp, 1, 0)));
    EXPECT_FALSE(passes(program, frame(is_four, tcp, 2, 0)));
    EXPECT_TRUE(passes(program, frame(is_four, icmp, 2, 0)));
    EXPECT_FALSE(passes(program, frame(is_four, icmp, 1, 0)));
    EXPECT_FALSE(passes(program, frame(is_four, udp, 1, 0)));
    EXPECT_FALSE(passes(program, Packet(10, 1)));
  }
}

TEST(ForFrames, IpOptionsAreSteppedOver) {
  Packet p = frame(true, tcp, 9, 9);
  p[ethernet_header_size] = 0x46;  // six words: what was the payload's beginning is an option now
  p[ethernet_header_size + 24] = 1;
  EXPECT_TRUE(passes(for_frames(true, {{tcp, begins_with4(1)}}), p));
}

TEST(ForFrames, LaterFragmentsHaveNoHeader) {
  Packet p = frame(true, tcp, 1, 0);
  const auto program = for_frames(true, {{tcp, begins_with4(1)}});
  p[ethernet_header_size + 6] = 0x60;  // more of them follow
  EXPECT_TRUE(passes(program, p));
  p[ethernet_header_size + 7] = 1;
  EXPECT_FALSE(passes(program, p));
}

TEST(ForFrames, OnlyWhatIsForThisMachine) {
  const auto program = for_frames(true, {{tcp, begins_with4(1)}});
  ASSERT_GE(program.size(), 2u);
  EXPECT_EQ(program[0].k, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
  EXPECT_EQ(program[1].k, static_cast<uint32_t>(PACKET_HOST)) << "not what goes out, nor what is for others";
}

}  // namespace
}  // namespace sonde::net::bpf
