// What errno and TCP_INFO together say.
#include "connect_result.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace sonde::tcp_banner {
namespace {

TEST(ConnectResult, AnRstIsAnAnswer) {
  const int holder = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(holder, reinterpret_cast<sockaddr*>(&at), size), 0);  // bound, not listening: refuses
  ASSERT_EQ(::getsockname(holder, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&at), size), -1);
  ASSERT_EQ(errno, ECONNREFUSED);
  EXPECT_EQ(connect_result(ECONNREFUSED, fd), ConnectResult::closed);
  ::close(fd);
  ::close(holder);
}
TEST(ConnectResult, ARefusalWithoutASegmentCameByIcmp) {
  EXPECT_TRUE(refused_by_icmp(1, 0));
  EXPECT_TRUE(refused_by_icmp(3, 0));
  EXPECT_FALSE(refused_by_icmp(1, 1));
  EXPECT_FALSE(refused_by_icmp(0, 0));
}
TEST(ConnectResult, IcmpErrorsProveNothing) {
  for (int error : {ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EACCES, ENOPROTOOPT}) {
    EXPECT_EQ(connect_result(error, -1), ConnectResult::silent) << error;
  }
}
TEST(ConnectResult, AResetAfterTheConnectIsOpen) {
  EXPECT_EQ(connect_result(0, -1), ConnectResult::open);
  EXPECT_EQ(connect_result(ECONNRESET, -1), ConnectResult::open);
}
TEST(ConnectResult, LocalShortageSaysNothing) {
  for (int error : {EADDRNOTAVAIL, ENOBUFS, EMFILE, ENFILE, ENOMEM}) {
    EXPECT_EQ(connect_result(error, -1), ConnectResult::shortage) << error;
  }
}

}  // namespace
}  // namespace sonde::tcp_banner
