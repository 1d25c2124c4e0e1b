// Sets of addresses against a plain std::set, and index against address.
#include "targets/target_set.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace sonde::core {
namespace {

IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}
Cidr net(std::string_view text) {
  return Cidr::parse(text).value();
}

TEST(AddressSet, AsTheFewestNetworks) {
  AddressSet set;
  set.add(AddressRange{ip("10.0.0.5"), ip("10.0.0.20")});
  set.add(AddressRange{ip("0.0.0.0"), ip("0.255.255.255")});
  set.add(AddressRange{ip("255.255.255.254"), ip("255.255.255.255")});
  set.add(AddressRange{ip("2001:db8::7"), ip("2001:db8::8")});
  set.add(AddressRange{ip("ff00::"), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")});
  std::string text;
  for (const Cidr& block : set.to_blocks()) text += block.to_string() + " ";
  EXPECT_EQ(text,
            "0.0.0.0/8 10.0.0.5/32 10.0.0.6/31 10.0.0.8/29 10.0.0.16/30 10.0.0.20/32 255.255.255.254/31 "
            "2001:db8::7/128 2001:db8::8/128 ff00::/8 ");
  EXPECT_TRUE(AddressSet().to_blocks().empty());
}

TEST(AddressSet, MergesWhatTouches) {
  AddressSet set;
  set.add(ip("10.0.0.3"));
  set.add({ip("10.0.0.10"), ip("10.0.0.20")});
  set.add(ip("10.0.0.4"));
  set.add({ip("10.0.0.15"), ip("10.0.0.30")});
  set.add({ip("10.0.0.9"), ip("10.0.0.5")});  // ends before it starts: nothing
  set.normalise();
  EXPECT_EQ(set.to_strings(), (std::vector<std::string>{"10.0.0.3-10.0.0.4", "10.0.0.10-10.0.0.30"}));
  EXPECT_EQ(set.size(), 23u);
}

TEST(AddressSet, FamiliesAndZonesStayApart) {
  AddressSet set;
  set.add(ip("255.255.255.255"));
  set.add(ip("::1:0:0:0"));  // the next number
  set.add(IpAddress(ip("fe80::1").bytes(), 7));
  set.add(IpAddress(ip("fe80::2").bytes(), 8));
  set.normalise();
  EXPECT_EQ(set.ranges().size(), 4u);
  EXPECT_TRUE(set.contains(IpAddress(ip("fe80::1").bytes(), 7)));
  EXPECT_FALSE(set.contains(IpAddress(ip("fe80::1").bytes(), 8)));
}

TEST(AddressSet, AllOfIpv6IsNoIpv4) {
  AddressSet set;
  set.add(net("::/0"));
  set.normalise();
  EXPECT_FALSE(set.contains(ip("10.0.0.1")));
  EXPECT_TRUE(set.contains(ip("2001:db8::1")));
  EXPECT_TRUE(set.contains(ip("::1")));
  EXPECT_EQ(set.size(), std::numeric_limits<uint64_t>::max());

  AddressSet low;  // its last number is that of 255.255.255.255
  low.add(net("::/80"));
  EXPECT_FALSE(low.contains(ip("255.255.255.255")));
  EXPECT_EQ(low.size(), 0xffff00000000u);
}

TEST(AddressSet, SubtractingWithoutAZoneCutsEveryZone) {
  AddressSet set, cut;
  set.add({IpAddress(ip("fe80::1").bytes(), 7), IpAddress(ip("fe80::5").bytes(), 7)});
  cut.add(ip("fe80::3"));
  set.subtract(cut);
  EXPECT_EQ(set.size(), 4u);
  EXPECT_FALSE(set.contains(IpAddress(ip("fe80::3").bytes(), 7)));
}

TEST(AddressSet, AgreesWithAPlainSet) {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    AddressSet set, cut;
    std::set<uint32_t> expected;
    const auto fill = [&](AddressSet& into, bool adding) {
      for (auto ranges = random() % 12; ranges > 0; --ranges) {
        const uint32_t first = static_cast<uint32_t>(random() % 200),
                       last = first + static_cast<uint32_t>(random() % 20);
        into.add({IpAddress::v4(first), IpAddress::v4(last)});
        for (uint32_t a = first; a <= last; ++a) adding ? (void)expected.insert(a) : (void)expected.erase(a);
      }
    };
    fill(set, true);
    fill(cut, false);
    set.subtract(cut);
    ASSERT_EQ(set.size(), expected.size());
    for (uint32_t a = 0; a < 230; ++a) ASSERT_EQ(set.contains(IpAddress::v4(a)), expected.count(a) == 1) << a;
    for (std::size_t i = 1; i < set.ranges().size(); ++i)
      ASSERT_LT(set.ranges()[i - 1].last.number() + 1, set.ranges()[i].first.number()) << "not merged";
  }
}

TEST(AddressSet, ManyRepetitionsTakeNoMemory) {
  AddressSet set;
  for (uint32_t i = 0; i < 1'000'000; ++i) set.add(IpAddress::v4(0x0a000000 + i % 1000));
  EXPECT_LT(set.ranges().size(), 1u << 17);
  EXPECT_EQ(set.size(), 1000u);
}

TEST(TargetSet, IndexAndAddressInOrder) {
  AddressSet set;
  set.add(net("10.0.0.0/30"));
  set.add(ip("192.168.0.1"));
  set.add({ip("2001:db8::a"), ip("2001:db8::c")});
  const TargetSet targets(set, {{ip("192.168.0.1"), "printer.lan"}});
  ASSERT_EQ(targets.size(), 8u);
  std::vector<std::string> all;
  for (uint64_t i = 0; i < targets.size(); ++i) {
    all.push_back(targets.at(i).to_string());
    EXPECT_TRUE(targets.contains(targets.at(i)));
  }
  EXPECT_EQ(all, (std::vector<std::string>{"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "192.168.0.1", "2001:db8::a",
                                           "2001:db8::b", "2001:db8::c"}));
  EXPECT_EQ(targets.name_of(ip("192.168.0.1")), "printer.lan");
  EXPECT_EQ(targets.name_of(ip("10.0.0.1")), "");
}

TEST(TargetSet, EveryIndexOnceOverManyRanges) {
  std::mt19937 random(12);
  AddressSet set;
  for (int i = 0; i < 3000; ++i) set.add(IpAddress::v4(static_cast<uint32_t>(random() % 10000)));
  const TargetSet targets(set);
  std::set<IpAddress> seen;
  for (uint64_t i = 0; i < targets.size(); ++i) seen.insert(targets.at(i));
  EXPECT_EQ(seen.size(), targets.size());
}

TEST(TargetSet, EmptyAndHuge) {
  EXPECT_EQ(TargetSet().size(), 0u);
  AddressSet set;
  set.add(net("2001:db8::/32"));
  EXPECT_EQ(TargetSet(set).size(), std::numeric_limits<uint64_t>::max());
}

TEST(TargetSet, AnIndexIsFoundAgain) {
  AddressSet set;
  for (const char* text : {"10.0.0.5-10.0.0.9", "192.0.2.1", "2001:db8::1-2001:db8::ff"}) set.add(*parse_range(text));
  const TargetSet targets(std::move(set));
  ASSERT_EQ(targets.size(), 261u);
  for (uint64_t i = 0; i < targets.size(); ++i) EXPECT_EQ(targets.index_of(targets.at(i)), i);
  for (const char* text : {"10.0.0.4", "10.0.0.10", "192.0.2.2", "2001:db8::", "2001:db8::100"})
    EXPECT_EQ(targets.index_of(*IpAddress::parse(text)), std::nullopt) << text;
}

TEST(TargetSet, RangesAreReadAsTheyAreWritten) {
  EXPECT_EQ(parse_range("10.0.0.1"), (AddressRange{IpAddress::v4(0x0a000001), IpAddress::v4(0x0a000001)}));
  EXPECT_EQ(parse_range("10.0.0.1-10.0.0.9"), (AddressRange{IpAddress::v4(0x0a000001), IpAddress::v4(0x0a000009)}));
  for (const char* text : {"", "x", "10.0.0.9-10.0.0.1", "10.0.0.1-::1", "36 targets"})
    EXPECT_EQ(parse_range(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sonde::core
