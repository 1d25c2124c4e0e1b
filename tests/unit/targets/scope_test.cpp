// What may be touched.
#include "targets/scope.hpp"

#include <gtest/gtest.h>

#include "../no_descriptors.hpp"

namespace sonde::core {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

AddressSet set_of(std::initializer_list<const char*> networks) {
  AddressSet set;
  for (const char* n : networks) set.add(Cidr::parse(n).value());
  return set;
}

std::vector<ConnectedPrefix> lan() {
  return {{"eth0", 2, ip("192.168.1.5"), Cidr::parse("192.168.1.0/24").value()},
          {"eth1", 3, ip("192.168.1.129"), Cidr::parse("192.168.1.128/25").value()},
          {"eth0", 2, ip("fd00::5"), Cidr::parse("fd00::/64").value()},
          {"ptp", 4, ip("10.9.9.0"), Cidr::parse("10.9.9.0/31").value()}};
}

TEST(Scope, NeverTouched) {
  const Scope scope({}, {.allow_public = true}, {});
  for (const char* a : {"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
                        "::", "ff02::1", "64:ff9b::224.0.0.1", "2002:ffff:ffff::1"})
    EXPECT_EQ(scope.judge(ip(a)), Verdict::forbidden) << a;
}

TEST(Scope, PublicNeedsPermission) {
  const Scope scope({}, {}, {}), open({}, {.allow_public = true}, {});
  for (const char* a :
       {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.32.0.1", "192.0.0.9", "198.20.0.1", "2600::1",
        "2001:3::1", "2001:4:112::1", "4000::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:102:304::f7f7:f7f7"}) {
    EXPECT_EQ(scope.judge(ip(a)), Verdict::needs_allow_public) << a;
    EXPECT_EQ(open.judge(ip(a)), Verdict::allowed) << a;
  }
  for (const char* a : {"10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.31.255.255", "192.0.0.8",
                        "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "::1", "fd00::1",
                        "fe80::1", "2001:db8::1", "3fff::1", "64:ff9b::10.0.0.1", "2002:a00:1::1", "100::1"})
    EXPECT_EQ(scope.judge(ip(a)), Verdict::allowed) << a;
}

TEST(Scope, ExclusionsWinOverEverything) {
  const Scope scope(set_of({"10.0.0.0/24", "2001:db8::/32", "8.8.8.8/32", "0.0.0.0/32"}), {.allow_public = true},
                    lan());
  for (const char* a : {"10.0.0.9", "::ffff:10.0.0.9", "64:ff9b::10.0.0.9", "2002:a00:9::1", "2001:0:1::f5ff:fff6",
                        "2001:db8::1", "8.8.8.8", "0.0.0.0"})
    EXPECT_EQ(scope.judge(ip(a)), Verdict::excluded) << a;
  EXPECT_EQ(scope.judge(ip("10.0.1.0")), Verdict::allowed);
}

TEST(Scope, ExcludedLinkLocalHoldsInEveryZone) {
  const Scope scope(set_of({"fe80::1/128"}), {}, {});
  EXPECT_EQ(scope.judge(ip("fe80::1%lo")), Verdict::excluded);
  EXPECT_EQ(scope.judge(ip("fe80::2%lo")), Verdict::allowed);
}

TEST(Scope, BroadcastOfConnectedNetworks) {
  const Scope scope({}, {}, lan());
  EXPECT_EQ(scope.judge(ip("192.168.1.255")), Verdict::broadcast);
  EXPECT_EQ(scope.judge(ip("127.255.255.255")), Verdict::broadcast);
  EXPECT_EQ(scope.judge(ip("192.168.2.255")), Verdict::allowed);
  EXPECT_EQ(scope.judge(ip("10.9.9.1")), Verdict::allowed);
  EXPECT_EQ(scope.judge(ip("fd00::ffff:ffff:ffff:ffff")), Verdict::allowed);
}

TEST(Scope, PrinterPorts) {
  const Scope scope({}, {}, {}), printing({}, {.allow_print_ports = true}, {});
  const IpAddress a = ip("10.0.0.1");
  for (const uint16_t port : std::initializer_list<uint16_t>{515, 9100, 9103, 9107}) {
    EXPECT_EQ(scope.judge(a, 6, port), Verdict::print_port) << port;
    EXPECT_EQ(printing.judge(a, 6, port), Verdict::allowed) << port;
    EXPECT_EQ(scope.judge(a, 17, port), Verdict::allowed) << port;
  }
  for (const uint16_t port : std::initializer_list<uint16_t>{514, 516, 631, 9099, 9108})
    EXPECT_EQ(scope.judge(a, 6, port), Verdict::allowed) << port;
  EXPECT_EQ(scope.judge(ip("8.8.8.8"), 6, 9100), Verdict::needs_allow_public);
}

TEST(Scope, OnLinkByTheLongestPrefix) {
  const Scope scope({}, {}, lan());
  ASSERT_NE(scope.on_link(ip("192.168.1.7")), nullptr);
  EXPECT_EQ(scope.on_link(ip("192.168.1.7"))->interface, "eth0");
  EXPECT_EQ(scope.on_link(ip("192.168.1.200"))->interface, "eth1");
  EXPECT_EQ(scope.on_link(ip("192.168.1.5")), nullptr) << "own address";
  EXPECT_EQ(scope.on_link(ip("192.168.2.1")), nullptr);
  EXPECT_EQ(scope.on_link(ip("127.0.0.1")), nullptr);
  EXPECT_EQ(scope.on_link(ip("::1")), nullptr);
}

TEST(Scope, ConnectedPrefixesHoldTheirOwnAddressAndNoLoopback) {
  const auto connected = connected_prefixes();
  ASSERT_TRUE(connected.has_value());
  for (const ConnectedPrefix& c : *connected) {
    EXPECT_TRUE(c.prefix.contains(c.own)) << c.prefix.to_string();
    EXPECT_NE(c.ifindex, 0u);
    EXPECT_NE(c.interface, "lo");
    EXPECT_TRUE(!c.own.is_link_local() || c.own.zone() == c.ifindex);
  }
}

TEST(Scope, InterfacesThatCannotBeReadAreNotNone) {
  const NoDescriptors none_left;
  const auto connected = connected_prefixes();
  ASSERT_FALSE(connected.has_value());
  EXPECT_EQ(connected.error().id, "interfaces-unreadable");
}

TEST(Scope, EachVerdictHasAText) {
  for (const Verdict v : {Verdict::allowed, Verdict::excluded, Verdict::forbidden, Verdict::needs_allow_public,
                          Verdict::broadcast, Verdict::print_port})
    EXPECT_NE(describe(v), "unknown");
}

}  // namespace
}  // namespace sonde::core
