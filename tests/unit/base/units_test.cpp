// Durations, sizes and ports, exactly.
#include "base/units.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sonde::core {
namespace {

constexpr int64_t ms = 1'000'000, s = 1000 * ms;

TEST(Units, Durations) {
  const std::pair<const char*, int64_t> cases[] = {{"800ms", 800 * ms},
                                                   {"2s", 2 * s},
                                                   {"1.5s", 1500 * ms},
                                                   {"250us", 250'000},
                                                   {"5m", 300 * s},
                                                   {"1h", 3600 * s},
                                                   {"90d", 90 * 86400 * s},
                                                   {"0", 0},
                                                   {"0s", 0},
                                                   {"1.05s", 1050 * ms},
                                                   {"0.000000001s", 1},
                                                   {"1.250000000000s", 1250 * ms},
                                                   {"36525d", int64_t{36525} * 86400 * s}};
  for (const auto& [text, ns] : cases) EXPECT_EQ(parse_duration(text).value(), ns) << text;
  for (const char* text : {"", "5", "-1s", "1.s", ".5s", "1e3s", "1 s", "1S", "1.5ns", "101y", "36526d", "1s ", "+1s",
                           "99999999999999999999999s"})
    EXPECT_EQ(parse_duration(text).error().id, "bad-duration") << text;
}

TEST(Units, DurationsForPeople) {
  EXPECT_EQ(format_duration(800 * ms), "800ms");
  EXPECT_EQ(format_duration(1500 * ms), "1500ms");
  EXPECT_EQ(format_duration(3600 * s), "1h");
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(1001), "1001ns");
  std::mt19937_64 random(2);
  for (int i = 0; i < 5000; ++i) {
    const auto ns = static_cast<int64_t>(random() % (1ULL << (random() % 60)));
    ASSERT_EQ(parse_duration(format_duration(ns)).value(), ns);
  }
}

TEST(Units, Sizes) {
  const std::pair<const char*, uint64_t> cases[] = {{"512", 512},      {"4KiB", 4096},      {"1MiB", 1 << 20},
                                                    {"1GiB", 1 << 30}, {"10kB", 10000},     {"5MB", 5000000},
                                                    {"1.25KiB", 1280}, {"1.5MiB", 3 << 19}, {"0", 0}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text).value(), bytes) << text;
  for (const char* text : {"", "KiB", "1.05KiB", "1 KiB", "1kib", "-1", "0.5", "99999999TiB"})
    EXPECT_EQ(parse_size(text).error().id, "bad-bytes") << text;
}

TEST(Units, SizesForPeople) {
  EXPECT_EQ(format_size(4096), "4KiB");
  EXPECT_EQ(format_size(5000000), "5MB");
  EXPECT_EQ(format_size(513), "513");
  std::mt19937_64 random(3);
  for (int i = 0; i < 5000; ++i) {
    const uint64_t bytes = (random() % 5000) << (random() % 40);
    ASSERT_EQ(parse_size(format_size(bytes)).value(), bytes);
  }
}

TEST(Units, Ports) {
  EXPECT_EQ(parse_ports("443,22, 80,8000-8002,22").value(), (std::vector<uint16_t>{22, 80, 443, 8000, 8001, 8002}));
  EXPECT_EQ(parse_ports("1-65535")->size(), 65535u);
  for (const char* text : {"", "0", "65536", "22,", ",22", "80-70", "a", "1-2-3", "-", "22;80", "1-"})
    EXPECT_EQ(parse_ports(text).error().id, "bad-port") << text;
}

TEST(Ports, AsTheyAreWritten) {
  for (const char* text : {"22", "22,23", "22-24", "1-65535", "22,80,443,8000-8010,65535"})
    EXPECT_EQ(format_ports(parse_ports(text).value()), text);
  EXPECT_EQ(format_ports({}), "");
}

}  // namespace
}  // namespace sonde::core
