// Values as people read them.
#include "value.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace sonde::snmp {
namespace {

std::string bytes(std::initializer_list<int> octets) {
  std::string out;
  for (int octet : octets) out += static_cast<char>(octet);
  return out;
}

TEST(Octets, CleanTextIsText) {
  EXPECT_EQ(octets_text("core-switch"), "core-switch");
  EXPECT_EQ(octets_text("two\r\nlines\t."), "two\r\nlines\t.");
  EXPECT_EQ(octets_text("B\xc3\xbcro"), "B\xc3\xbcro");
  EXPECT_EQ(octets_text(""), "");
  EXPECT_EQ(octets_text(std::string("padded\0\0\0", 9)), "padded");
  EXPECT_EQ(octets_text("Switch"), "Switch") << "six octets, but text";
}
TEST(Octets, ThreeQuartersAsciiIsLatin1) {
  EXPECT_EQ(octets_text("Ger\xe4teraum 3"), "Ger\xc3\xa4teraum 3");
  EXPECT_EQ(octets_text("\xe4\xf6\xfc\xdf\xe9"), "0xe4f6fcdfe9");
}
TEST(Octets, ControlCharactersAreNoText) {
  EXPECT_EQ(octets_text("\x1b]0;owned\x07"), "0x1b5d303b6f776e656407");
  EXPECT_EQ(octets_text("a\xc2\x9bz"), "0x61c29b7a") << "C1, which terminals obey";
}
TEST(Octets, SixOctetsAreAMac) {
  EXPECT_EQ(octets_text(bytes({0, 0x11, 0x32, 0, 0, 0x10})), "00:11:32:00:00:10");
  EXPECT_EQ(octets_text(bytes({0, 0, 0, 0, 0, 0})), "00:00:00:00:00:00");
  EXPECT_EQ(octets_text("AbCdEf", Meaning::mac), "41:62:43:64:45:66");
}
TEST(Octets, DateAndTime) {
  EXPECT_EQ(octets_text(bytes({0x07, 0xe8, 5, 1, 12, 30, 59, 5, '+', 2, 0})), "2024-05-01T12:30:59.5+02:00");
  EXPECT_EQ(octets_text(bytes({0x07, 0xe8, 5, 1, 12, 30, 59, 5})), "2024-05-01T12:30:59.5");
  EXPECT_EQ(octets_text(bytes({0x07, 0xe8, 13, 1, 12, 30, 59, 5})), "0x07e80d010c1e3b05") << "no month 13";
  EXPECT_EQ(date_text(bytes({0x07, 0xe8, 5, 1, 12, 30, 59, 5, '*', 2, 0})), "");
}
TEST(Octets, TheRestIsHex) {
  EXPECT_EQ(octets_text(bytes({1, 2, 3})), "0x010203");
  EXPECT_EQ(octets_text("text", Meaning::raw), "0x74657874");
  EXPECT_EQ(octets_text(bytes({0, 0, 0})), "0x000000");
}
TEST(Addresses, ByTheirLength) {
  EXPECT_EQ(address_text(bytes({192, 0, 2, 1})), "192.0.2.1");
  EXPECT_EQ(address_text(bytes({192, 0, 2, 1, 0, 0, 0, 3})), "192.0.2.1") << "with a zone";
  EXPECT_EQ(address_text(bytes({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})), "2001:db8::1");
  EXPECT_EQ(address_text(bytes({1, 2, 3})), "");
}

Value of(Value::Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}
std::string json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

TEST(Json, ByType) {
  Value v = of(Value::Kind::integer);
  v.integer = -5;
  EXPECT_EQ(json(v), "-5");
  v = of(Value::Kind::natural);
  v.natural = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(json(v), "18446744073709551615");
  v = of(Value::Kind::real);
  v.real = 2.5;
  EXPECT_EQ(json(v), "2.5");
  v.real = std::numeric_limits<double>::infinity();
  EXPECT_EQ(json(v), "null");
  v = of(Value::Kind::oid);
  v.oid = {1, 3, 6, 1};
  EXPECT_EQ(json(v), "\"1.3.6.1\"");
  v = of(Value::Kind::address);
  v.octets = bytes({10, 0, 0, 1});
  EXPECT_EQ(json(v), "\"10.0.0.1\"");
  v = of(Value::Kind::octets);
  v.octets = "say \"hi\"";
  EXPECT_EQ(json(v), R"("say \"hi\"")");
  EXPECT_EQ(json(of(Value::Kind::absent)), "null");
}

TEST(Oids, TextAndBack) {
  EXPECT_EQ(parse_oid("1.3.6.1.2.1"), (Oid{1, 3, 6, 1, 2, 1}));
  EXPECT_EQ(parse_oid(".1.3.4294967295"), (Oid{1, 3, 4294967295u}));
  EXPECT_EQ(to_text({1, 0, 8802}), "1.0.8802");
  for (const char* wrong : {"", "1", "1.", "1..3", "1.3.x", "3.1", "1.40", "1.3.4294967296", "sysName"})
    EXPECT_FALSE(parse_oid(wrong)) << wrong;
  std::string long_one = "1.3";
  for (int i = 0; i < 126; ++i) long_one += ".1";
  EXPECT_TRUE(parse_oid(long_one));
  EXPECT_FALSE(parse_oid(long_one + ".1"));
  EXPECT_TRUE(is_under({1, 3, 6}, {1, 3}));
  EXPECT_FALSE(is_under({1, 3}, {1, 3, 6}));
}

}  // namespace
}  // namespace sonde::snmp
