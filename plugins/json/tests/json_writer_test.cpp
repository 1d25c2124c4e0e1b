// Numbers, addresses, times and text as JSON.
#include <gtest/gtest.h>
#include <sonde/json_writer.hpp>

#include <limits>

namespace sonde::json {
namespace {

std::string number(double v, int decimals = -1) {
  std::string out;
  append_number(out, v, decimals);
  return out;
}
std::string text(std::string_view s) {
  std::string out;
  append_text(out, s);
  return out;
}

TEST(JsonNumber, RoundsToDecimalsAndDropsZeros) {
  EXPECT_EQ(number(2.3, 3), "2.3");
  EXPECT_EQ(number(0.0123456, 3), "0.012");
  EXPECT_EQ(number(1.9996, 3), "2");
  EXPECT_EQ(number(-0.0001, 3), "0");
  EXPECT_EQ(number(100, 3), "100");
  EXPECT_EQ(number(100, 0), "100");
}

TEST(JsonNumber, ReadsBackAsTheSameNumber) {
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1e300, 3), "1e+300");
}

TEST(JsonNumber, WhatJsonLacksIsNull) {
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN(), 3), "null");
}

TEST(JsonText, MalformedUtf8IsReplacedByteByByte) {
  EXPECT_EQ(text("a\xc0\xaf"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");                                // overlong
  EXPECT_EQ(text("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");                  // surrogate
  EXPECT_EQ(text("\xf4\x90\x80\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // above U+10FFFF
  EXPECT_EQ(text("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");                                  // cut short
  EXPECT_EQ(text("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"");
}

TEST(JsonValue, AddressesTimesAndOctets) {
  sonde_value v{};
  v.type = SONDE_IP;
  v.as.ip[0] = 0x20, v.as.ip[1] = 0x01, v.as.ip[2] = 0x0d, v.as.ip[3] = 0xb8, v.as.ip[15] = 1;
  std::string out;
  append_value(out, v);
  v = {};
  v.type = SONDE_TIME;
  v.as.i = 1714564800250000000;
  append_value(out, v);
  v.as.i = -1;
  append_value(out, v);
  v.type = SONDE_BYTES;
  v.as.s = {"\x00\xff", 2};
  append_value(out, v);
  v.type = 77;
  append_value(out, v);
  EXPECT_EQ(out, R"("2001:db8::1""2024-05-01T12:00:00.250Z""1969-12-31T23:59:59.999Z""00ff"null)");
}

}  // namespace
}  // namespace sonde::json
