#include "base/utc.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

TEST(Utc, ThereAndBack) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(1'795'317'300), "2026-11-22T03:15:00Z");
  EXPECT_EQ(parse_rfc3339("2026-11-22T03:15:00Z"), 1'795'317'300);
  EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59Z"), -1);
  EXPECT_EQ(parse_rfc3339("9999-12-31T23:59:59Z"), 253'402'300'799);
  EXPECT_EQ(format_utc(1'795'317'300, "%Y-%m-%d"), "2026-11-22");
  EXPECT_EQ(format_utc(INT64_MAX, "%Y"), "");
}

TEST(Utc, NothingElseIsAMoment) {
  for (const char* text : {"", "2026-11-22", "2026-11-22 03:15:00Z", "2026-11-22T03:15:00", "2026-11-22T03:15:00+00:00",
                           "2026-02-31T03:15:00Z", "2026-13-01T03:15:00Z", "2026-11-22T24:15:00Z",
                           "2026-11-22T03:61:00Z", "2026-1a-22T03:15:00Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sonde::core
