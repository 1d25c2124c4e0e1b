// Addresses and prefixes: what is read, what is refused, how it is written.
#include "base/ip_address.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sonde::core {
namespace {

std::string again(std::string_view text) {
  const auto a = IpAddress::parse(text);
  return a ? a->to_string() : a.error().id;
}

TEST(IpAddress, CanonicalText) {
  const std::pair<const char*, const char*> cases[] = {
      {"192.168.1.10", "192.168.1.10"},
      {"::ffff:192.168.1.10", "192.168.1.10"},
      {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"::1.2.3.4", "::102:304"},
      {"64:ff9b::10.0.0.1", "64:ff9b::a00:1"},
  };
  for (const auto& [given, expected] : cases) EXPECT_EQ(again(given), expected);
}

TEST(IpAddress, Refused) {
  for (const char* text : {"", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", " 1.2.3.4", "1.2.3.4 ", "0x7f.1", "12345",
                           ":::", "1::2::3", "12345::", "1.2.3.4%lo", "2001:db8::1%lo", "fe80::1%", "fe80::1%nosuchif0",
                           "fe80::1%0", "fe80::1%99999999999", "::ffff:1.2.3.4%lo"})
    EXPECT_EQ(again(text), "bad-address") << text;
  EXPECT_EQ(again(std::string_view("1.2.3.4\0x", 9)), "bad-address");
}

TEST(IpAddress, ZoneOfThisMachineByNameOrIndex) {
  const auto by_name = IpAddress::parse("fe80::1%lo");
  ASSERT_TRUE(by_name);
  EXPECT_NE(by_name->zone(), 0u);
  EXPECT_EQ(by_name->to_string(), "fe80::1%lo");
  EXPECT_EQ(IpAddress::parse("fe80::1%" + std::to_string(by_name->zone())).value(), *by_name);
  EXPECT_EQ(again("fe80::1%2000000000"), "fe80::1%2000000000");
}

TEST(IpAddress, OrderIsNumeric) {
  EXPECT_LT(IpAddress::parse("10.0.0.9").value(), IpAddress::parse("10.0.0.10").value());
  EXPECT_LT(IpAddress::parse("255.255.255.255").value(), IpAddress::parse("2001:db8::").value());
}

TEST(IpAddress, NumberAndTextAreInverse) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    // Sparse words, so that every kind of zero run is met.
    uint128 n = 0;
    for (int word = 0; word < 8; ++word) n = n << 16 | (random() % 3 == 0 ? random() & 0xffff : 0);
    const IpAddress a = i % 4 == 0 ? IpAddress::v4(static_cast<uint32_t>(random())) : IpAddress::from_number(n);
    EXPECT_EQ(IpAddress::from_number(a.number()), a);
    ASSERT_EQ(IpAddress::parse(a.to_string()).value(), a) << a.to_string();
  }
}

TEST(Cidr, ReadAndWritten) {
  EXPECT_EQ(Cidr::parse("10.0.0.0/24")->to_string(), "10.0.0.0/24");
  EXPECT_EQ(Cidr::parse("10.0.0.7")->to_string(), "10.0.0.7/32");
  EXPECT_EQ(Cidr::parse("2001:db8::/64")->last().to_string(), "2001:db8::ffff:ffff:ffff:ffff");
  EXPECT_EQ(Cidr::parse("::ffff:10.0.0.0/104")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Cidr::parse("0.0.0.0/0")->last().to_string(), "255.255.255.255");
}

TEST(Cidr, RefusedWithTheNetworkThatWasMeant) {
  const auto host_bits = Cidr::parse("10.0.0.5/24");
  ASSERT_FALSE(host_bits);
  EXPECT_EQ(host_bits.error().id, "bad-cidr");
  EXPECT_NE(host_bits.error().hint.find("10.0.0.0/24"), std::string::npos);
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/024", "::/129", "/8", "",
                           "10.0.0.0/8/8", "::ffff:10.0.0.0/95"})
    EXPECT_EQ(Cidr::parse(text).error().id, "bad-cidr") << text;
}

TEST(Cidr, ContainsItsFamilyOnly) {
  const Cidr all_v6 = Cidr::parse("::/0").value();
  EXPECT_TRUE(all_v6.contains(IpAddress::parse("2001:db8::1").value()));
  EXPECT_FALSE(all_v6.contains(IpAddress::v4(1)));
  const Cidr net = Cidr::parse("10.1.0.0/16").value();
  EXPECT_TRUE(net.contains(net.first()));
  EXPECT_TRUE(net.contains(net.last()));
  EXPECT_FALSE(net.contains(IpAddress::parse("10.2.0.0").value()));
  EXPECT_TRUE(Cidr::parse("fe80::/10")->contains(IpAddress::parse("fe80::1%lo").value()));
}

}  // namespace
}  // namespace sonde::core
