// The typing table of plain scalars.
#include "config/scalar.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

struct Row {
  const char* text;
  Value::Kind kind;
  const char* json;
};

class PlainScalar : public testing::TestWithParam<Row> {};

TEST_P(PlainScalar, IsTyped) {
  const Value v = type_plain_scalar(GetParam().text);
  EXPECT_EQ(v.kind(), GetParam().kind);
  EXPECT_EQ(to_json(v), GetParam().json);
}

using Kind = Value::Kind;
INSTANTIATE_TEST_SUITE_P(
    CoreSchema, PlainScalar,
    testing::Values(
        Row{"", Kind::null, "null"}, Row{"~", Kind::null, "null"}, Row{"null", Kind::null, "null"},
        Row{"nULL", Kind::text, R"("nULL")"}, Row{"true", Kind::boolean, "true"}, Row{"False", Kind::boolean, "false"},
        Row{"yes", Kind::text, R"("yes")"}, Row{"off", Kind::text, R"("off")"}, Row{"y", Kind::text, R"("y")"},
        Row{"0", Kind::integer, "0"}, Row{"-17", Kind::integer, "-17"}, Row{"+5", Kind::integer, "5"},
        Row{"0123", Kind::integer, "123"}, Row{"0x1F", Kind::integer, "31"}, Row{"0o17", Kind::integer, "15"},
        Row{"-0x1F", Kind::text, R"("-0x1F")"}, Row{"0x", Kind::text, R"("0x")"}, Row{"0o8", Kind::text, R"("0o8")"},
        Row{"9223372036854775807", Kind::integer, "9223372036854775807"},
        Row{"9223372036854775808", Kind::unsigned_integer, "9223372036854775808"},
        Row{"-9223372036854775808", Kind::integer, "-9223372036854775808"},
        Row{"18446744073709551615", Kind::unsigned_integer, "18446744073709551615"}, Row{"1.5", Kind::real, "1.5"},
        Row{"-.5", Kind::real, "-0.5"}, Row{".", Kind::text, R"(".")"}, Row{"1e3", Kind::real, "1000.0"},
        Row{"1e", Kind::text, R"("1e")"}, Row{"e3", Kind::text, R"("e3")"}, Row{".inf", Kind::text, R"(".inf")"},
        Row{".nan", Kind::text, R"(".nan")"}, Row{"nan", Kind::text, R"("nan")"},
        Row{"1_000", Kind::text, R"("1_000")"}, Row{"12:30", Kind::text, R"("12:30")"},
        Row{"10.0.0.1", Kind::text, R"("10.0.0.1")"}, Row{"10.0.0.0/8", Kind::text, R"("10.0.0.0/8")"},
        Row{"2024-01-01", Kind::text, R"("2024-01-01")"}, Row{"800ms", Kind::text, R"("800ms")"},
        Row{"-", Kind::text, R"("-")"}, Row{"+", Kind::text, R"("+")"}, Row{"--5", Kind::text, R"("--5")"}));

TEST(PlainScalar, AnIntegerBeyond64BitsIsARealNumber) {
  EXPECT_NE(type_plain_scalar("18446744073709551616").real(), nullptr);
  EXPECT_NE(type_plain_scalar("-9223372036854775809").real(), nullptr);
}

TEST(PlainScalar, ARealNumberBeyondDoubleIsText) {
  EXPECT_NE(type_plain_scalar("1e999").text(), nullptr);
}

}  // namespace
}  // namespace sonde::core
