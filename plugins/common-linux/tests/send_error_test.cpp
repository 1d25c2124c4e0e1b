// What a user is told of a packet that this machine did not let out.
#include "common-linux/send_error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace sonde::net {
namespace {

TEST(SendError, EaccesHasTwoCauses) {
  const std::string text = explain_send_error("a SYN", EACCES, mapped(Ip4{192, 0, 2, 7}));
  EXPECT_NE(text.find("broadcast address"), std::string::npos) << text;
  EXPECT_NE(text.find("ip route get 192.0.2.7"), std::string::npos) << text << ": a route may prohibit it";
}

TEST(SendError, AMissingFamilyIsNamed) {
  const std::string text = explain_send_error("a SYN", EAFNOSUPPORT, ip6(in6addr_loopback.s6_addr));
  EXPECT_NE(text.find("expected the kernel to have IPv6"), std::string::npos) << text;
  EXPECT_NE(explain_send_error("a SYN", EAFNOSUPPORT, mapped(Ip4{192, 0, 2, 7})).find("IPv4"), std::string::npos);
}

TEST(SendError, AMissingAddressOfThisMachineIsToLookFor) {
  const std::string text = explain_send_error("a SYN", EADDRNOTAVAIL, ip6(in6addr_loopback.s6_addr));
  EXPECT_NE(text.find("ip -6 address"), std::string::npos) << text;
}

}  // namespace
}  // namespace sonde::net
