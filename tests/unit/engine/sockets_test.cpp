// What connect() means in a network that lacks something.
#include "engine/sockets.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <fstream>

#include "engine/tentative_address.hpp"
#include "testing/own_network.hpp"

namespace sonde::core {
namespace {

using testing::add_tentative_address;
using testing::in_own_network;

TEST(Sockets, ATargetForWhichThereIsNoAddressToAskFromIsNoShortage) {
  const bool possible = in_own_network([] {
    int refused = 0;
    const IpAddress loopback6 = IpAddress::parse("::1").value();
    EXPECT_EQ(open_connection(loopback6, 80, IPPROTO_TCP, &refused), -ENETUNREACH);
    EXPECT_EQ(open_connection(loopback6, 80, IPPROTO_UDP, &refused), -ENETUNREACH);
    EXPECT_FALSE(is_local_shortage(ENETUNREACH));
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

TEST(Sockets, AnAddressThatIsLookedForDuplicatesOfIsAShortage) {
  const bool possible = in_own_network([] {
    if (!add_tentative_address("doubt", "2001:db8::1")) return false;
    EXPECT_TRUE(has_tentative_address(0));
    EXPECT_FALSE(has_tentative_address(4711)) << "another zone";
    int refused = 0;
    const IpAddress target = IpAddress::parse("2001:db8::2").value();
    for (const uint8_t proto : {uint8_t{IPPROTO_TCP}, uint8_t{IPPROTO_UDP}})
      EXPECT_EQ(open_connection(target, 80, proto, &refused), -EADDRNOTAVAIL);
    EXPECT_TRUE(is_local_shortage(EADDRNOTAVAIL) && is_of_one_target(EADDRNOTAVAIL));
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace with a bridge can be made here";
}

TEST(Sockets, WhichAddressesAreTentative) {
  const std::string all =
      "fd000000000000000000000000000002 04 40 00 82     eth0\n"
      "00000000000000000000000000000001 01 80 10 80       lo\n";
  const auto with = [&](const std::string& flags) {
    return all + "fe80000000000000000000000000000b 0b 40 20 " + flags + "     eth1\n";
  };
  EXPECT_FALSE(lists_tentative_address(all, 0));
  EXPECT_TRUE(lists_tentative_address(with("c0"), 0));
  EXPECT_TRUE(lists_tentative_address(with("40"), 11));
  EXPECT_FALSE(lists_tentative_address(with("40"), 4)) << "another interface";
  EXPECT_FALSE(lists_tentative_address(with("c8"), 0)) << "it is a duplicate, and stays one";
  EXPECT_FALSE(lists_tentative_address("", 0));
  EXPECT_FALSE(lists_tentative_address("garbage\n\n40", 0));
}

TEST(Sockets, WhereEveryPortIsInUseItIsAShortage) {
  const bool possible = in_own_network([] {
    std::ofstream("/proc/sys/net/ipv4/ip_local_port_range") << "40000 40001" << std::flush;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(50000);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    EXPECT_EQ(listen(listener, 16), 0);
    int refused = 0, last = 0;
    for (int i = 0; i < 5 && last >= 0; ++i)
      last = open_connection(IpAddress::v4(INADDR_LOOPBACK), 50000, IPPROTO_TCP, &refused);
    EXPECT_EQ(last, -EADDRNOTAVAIL);
    EXPECT_TRUE(is_local_shortage(-last));
    EXPECT_TRUE(is_of_one_target(-last));
    return true;
  });
  if (!possible) GTEST_SKIP() << "no network namespace can be made here";
}

}  // namespace
}  // namespace sonde::core
