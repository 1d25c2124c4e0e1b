// What the failure of a sent packet means.
#include "common-linux/socket.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "testing/own_network.hpp"

namespace sonde::net {
namespace {

using testing::add_tentative_address;
using testing::in_own_network;

TEST(SendFault, BuffersComeBackAndFirewallsDoNot) {
  for (const int error : {ENOBUFS, ENOMEM, EAGAIN}) EXPECT_EQ(classify_send_error(error), SendFault::shortage);
  for (const int error : {EPERM, ENETUNREACH, EMSGSIZE}) EXPECT_EQ(classify_send_error(error), SendFault::local);
}

/// errno of a datagram to 2001:db8::2.
int send_error() {
  const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(9);
  ::inet_pton(AF_INET6, "2001:db8::2", &to.sin6_addr);
  const int error =
      ::sendto(fd, "x", 1, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0 ? errno : 0;
  ::close(fd);
  return error;
}

TEST(SendFault, AnAddressThatIsLookedForDuplicatesOfComes) {
  const bool possible = in_own_network([] {
    if (!add_tentative_address("doubt", "2001:db8::1")) return false;
    EXPECT_EQ(send_error(), EADDRNOTAVAIL);
    EXPECT_EQ(classify_send_error(EADDRNOTAVAIL), SendFault::no_source);
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace with a bridge can be made here";
}

TEST(SendFault, WithoutOneOnItsWayThereIsNone) {
  if (!in_own_network([] {
        EXPECT_EQ(classify_send_error(EADDRNOTAVAIL), SendFault::local);
        return true;
      }))
    GTEST_SKIP() << "no network namespace can be made here";
}

}  // namespace
}  // namespace sonde::net
