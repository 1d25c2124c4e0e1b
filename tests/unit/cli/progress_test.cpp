// Progress in words.
#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "cli/table.hpp"

namespace sonde::core::cli {
namespace {

constexpr int64_t second = 1'000'000'000;

Progress half_way() {
  Progress p;
  p.stages = {{"icmp", 512, 20, 100, 3}, {"tcp-banner", 400, 12, 8, 0}};
  p.targets = 1024;
  p.settled = 512;
  p.responding = 21;
  p.packets = 2000;
  p.elapsed = 10 * second;
  return p;
}

TEST(Progress, OneLineAStageAndTwoForAll) {
  EXPECT_EQ(progress_lines(half_way(), 200),
            (std::vector<std::string>{"  icmp        50%  512 done, 20 found, 100 in flight, 3 waiting",
                                      "  tcp-banner  39%  400 done, 12 found, 8 in flight, 0 waiting",
                                      "  all         50%  512 of 1024 done, 21 responding",
                                      "                   10s, ETA 10s, 200 packets/s"}));
}

/// What one looks for first must not be what a narrow terminal cuts off.
TEST(Progress, TheForecastFitsEightyColumns) {
  Progress p = half_way();
  p.stages[0].name = "a-stage-with-a-long-name";
  p.targets = 16'777'216;
  p.settled = 8'000'000;
  p.responding = 1'234'567;
  p.elapsed = 30 * 3600 * second;
  const auto lines = progress_lines(p, 79);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[2], "  all                       47%  8000000 of 16777216 done, 1234567 responding");
  EXPECT_EQ(lines[3], "                                 30h00m, ETA 32h54m, 0 packets/s");
}

TEST(Progress, AnEarlierPartOfTheRunTookNoTimeNow) {
  Progress p = half_way();
  p.settled_before = 448;
  EXPECT_EQ(progress_lines(p, 200)[3], "                   10s, ETA 1m20s, 200 packets/s");
  p.settled_before = 512;
  EXPECT_EQ(progress_lines(p, 200)[3], "                   10s, 200 packets/s");
}

TEST(Progress, NeverWiderThanTheTerminal) {
  Progress p = half_way();
  p.stages[0].name = std::string(100, 'x') + "\x1b[31m";
  for (const std::string& line : progress_lines(p, 40)) {
    EXPECT_LE(display_width(line), 40u);
    EXPECT_EQ(line.find('\033'), std::string::npos);
  }
}

TEST(Progress, NoForecastWithoutGround) {
  Progress p = half_way();
  p.settled = 3;
  EXPECT_EQ(progress_summary(p), "0% after 10s: 3 of 1024 hosts done, 21 responding, 200 packets/s");
  p.settled = 1024;
  EXPECT_EQ(progress_summary(p).find("ETA"), std::string::npos);
  EXPECT_EQ(progress_summary(Progress{}), "100% after 0s: 0 of 0 hosts done, 0 responding, 0 packets/s");
}

TEST(Progress, Durations) {
  EXPECT_EQ(rough_duration(0), "0s");
  EXPECT_EQ(rough_duration(59 * second), "59s");
  EXPECT_EQ(rough_duration(130 * second), "2m10s");
  EXPECT_EQ(rough_duration(3900 * second), "1h05m");
  EXPECT_EQ(rough_duration(47 * 3600 * second), "47h00m");
  EXPECT_EQ(rough_duration(100 * 3600 * second), "4d04h");
  EXPECT_EQ(short_duration(0), "0ms");
  EXPECT_EQ(short_duration(1), "1ms");
  EXPECT_EQ(short_duration(800'000'000), "800ms");
  EXPECT_EQ(short_duration(2'510'000'000), "2.6s");
  EXPECT_EQ(short_duration(3 * second), "3s");
  EXPECT_EQ(short_duration(60'550'000'000), "1m01s");
}

TEST(Progress, PlainLinesAreRare) {
  testing::internal::CaptureStderr();
  ProgressView view(ProgressView::Style::plain);
  Progress p = half_way();
  for (int tenth = 0; tenth < 250; ++tenth) {
    p.elapsed = tenth * second / 10;
    view.show(p);
  }
  view.finish();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(Progress, SilentSaysNothing) {
  testing::internal::CaptureStderr();
  ProgressView view(ProgressView::Style::silent);
  view.show(half_way());
  view.finish();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sonde::core::cli
