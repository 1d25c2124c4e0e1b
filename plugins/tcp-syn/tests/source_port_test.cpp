// The port that answers come to.
#include "tcp-syn/source_port_linux.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <set>

namespace sonde::tcp_syn {
namespace {

constexpr PortRange usual = {32768, 60999};

TEST(Candidate, IsOutsideTheRangeOfClientsWhileThereAreSuch) {
  std::set<uint16_t> seen;
  for (uint32_t n = 0; n < 64512 - 28232; ++n) {
    const uint16_t port = candidate(usual, 12345, n);
    ASSERT_GE(port, 1024);
    ASSERT_TRUE(port < 32768 || port > 60999) << port;
    seen.insert(port);
  }
  EXPECT_EQ(seen.size(), 64512u - 28232) << "each once";
  const uint16_t inside = candidate(usual, 12345, 64512 - 28232);
  EXPECT_TRUE(inside >= 32768 && inside <= 60999) << inside;
}
TEST(Candidate, OddRanges) {
  EXPECT_GE(candidate({1024, 65535}, 7, 0), 1024) << "none outside";
  EXPECT_GE(candidate({1, 500}, 7, 0), 1024);
  EXPECT_EQ(candidate({1024, 65534}, 7, 0), 65535);
}
TEST(Candidate, IsRepeatable) {
  EXPECT_EQ(candidate(usual, 99, 3), candidate(usual, 99, 3));
}

TEST(SourcePort, TwoOfOneSeedDiffer) {
  const SourcePort one(42), two(42);
  EXPECT_NE(one.number(), two.number());
}
TEST(SourcePort, NobodyElseGetsItNorAConnectionToIt) {
  const SourcePort held(7);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(held.number());
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const net::Socket other(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  EXPECT_EQ(::bind(other.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at), -1);
  EXPECT_EQ(errno, EADDRINUSE);
  // Neither accepted nor refused: the kernel is silent about this port.
  const net::Socket client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  EXPECT_EQ(::connect(client.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  int error = -1;
  socklen_t size = sizeof error;
  ::getsockopt(client.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  EXPECT_EQ(error, 0);
}

}  // namespace
}  // namespace sonde::tcp_syn
