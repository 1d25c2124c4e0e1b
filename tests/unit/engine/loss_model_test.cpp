// What was lost at different rates, and what that says of the path and of the line.
#include "engine/loss_model.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sonde::core {
namespace {

using Records = std::vector<LossRecord>;

TEST(LossModel, TheSameShareAtHalfTheRateIsTheLine) {
  const LossVerdict v = judge_losses(Records{{50'000, 180, 20}, {25'000, 90, 10}});
  EXPECT_GT(v.line_alone, 0.97);
  EXPECT_NEAR(v.line_share, 0.1, 0.03);
}

TEST(LossModel, NoLossAtHalfTheRateIsTheSpeed) {
  const LossVerdict v = judge_losses(Records{{50'000, 160, 40}, {25'000, 200, 0}});
  EXPECT_LT(v.line_alone, 0.01);
  EXPECT_GT(v.capacity, 30'000);
  EXPECT_LT(v.capacity, 48'000);
  EXPECT_TRUE(v.precise);
  EXPECT_LT(v.cautious, v.capacity);
  EXPECT_GT(v.hopeful, v.capacity);
  EXPECT_EQ(v.fastest, 50'000);
}

TEST(LossModel, OneRateAloneCannotSayButPrefersTheLineWhereLittleIsLost) {
  const LossVerdict little = judge_losses(Records{{50'000, 182, 18}}), much = judge_losses(Records{{50'000, 20, 80}});
  EXPECT_GT(little.line_alone, 0.7);
  EXPECT_LT(much.line_alone, 0.05) << "lines that lose that much are rare";
  EXPECT_LT(much.capacity, 12'500);
  EXPECT_FALSE(much.precise);
}

TEST(LossModel, APathThatIsOverrunMayLeadOverABadLine) {
  const LossVerdict v =
      judge_losses(Records{{100'000, 20, 80}, {5'000, 60, 60}, {2'500, 180, 20}, {1'000, 90, 10}, {2'000, 180, 20}});
  EXPECT_LT(v.line_alone, 0.05);
  EXPECT_NEAR(v.line_share, 0.1, 0.04);
  EXPECT_GT(v.capacity, 1'700);
  EXPECT_LT(v.capacity, 5'000);
}

TEST(LossModel, OpenFatesProveNoCapacity) {
  const Records closed = {{100'000, 50, 50}, {40'000, 100, 0}};
  Records open = closed;
  open[1].open = true;
  EXPECT_GT(judge_losses(closed).cautious, 30'000) << "nothing was lost at 40,000";
  EXPECT_LT(judge_losses(open).cautious, 10'000) << "or it is not known yet";
}

TEST(LossModel, FewWitnessesProveLittle) {
  const LossVerdict few = judge_losses(Records{{50'000, 9, 1}, {25'000, 9, 1}});
  EXPECT_GT(few.line_alone, 0.5);
  EXPECT_LT(few.line_alone, 0.97);
}

TEST(LossModel, WithoutRecordsItSaysWhatIsThoughtBefore) {
  const LossVerdict v = judge_losses({});
  EXPECT_NEAR(v.line_alone, 0.5, 1e-9);
  EXPECT_EQ(v.fastest, 0);
  EXPECT_EQ(judge_losses(Records{{0, 10, 10}, {1000, 0, 0}}).line_alone, v.line_alone) << "and so with empty ones";
}

TEST(LossModel, OnlyTheLastRecordsCount) {
  Records many(most_loss_records, {25'000, 190, 10});
  many.insert(many.begin(), {1'000'000, 1, 1000});
  EXPECT_EQ(judge_losses(many).fastest, 25'000);
}

}  // namespace
}  // namespace sonde::core
