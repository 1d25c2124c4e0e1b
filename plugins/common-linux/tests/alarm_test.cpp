// When the one timer of a probe is set, and for when.
#include "common-linux/alarm.hpp"

#include <gtest/gtest.h>

#include "common-linux/tests/units.hpp"

namespace sonde::net {
namespace {

struct Nothing {};
class AlarmTest : public testing::Test {
 protected:
  AlarmTest() {
    table_.size = sizeof table_;
    table_.timer = [](sonde_ctx* c, int64_t at, uint64_t, uint64_t* id) -> sonde_err {
      auto& self = *reinterpret_cast<AlarmTest*>(c);
      self.at_ = at;
      ++self.set_;
      *id = 1;
      return SONDE_OK;
    };
  }
  void set(int64_t now, bool hungry = false, int64_t also = never) {
    alarm_.set(host_, questions_, pacer_, hungry, also, now, 7);
  }

  sonde_host table_{};
  Context host_{reinterpret_cast<sonde_ctx*>(this), &table_};
  Attempts<Nothing> questions_{2};
  Pacer pacer_;
  Alarm alarm_;
  int64_t at_ = 0;
  int set_ = 0;
};

TEST_F(AlarmTest, NothingToComeSetsNone) {
  set(0);
  EXPECT_EQ(set_, 0);
}
TEST_F(AlarmTest, TheNextAttempt) {
  questions_.sent(questions_.open(1, {}), 0, 200 * ms, 500 * ms);
  set(0);
  EXPECT_EQ(at_, 200 * ms);
}
TEST_F(AlarmTest, MovedOnlyAhead) {
  questions_.sent(questions_.open(1, {}), 0, 200 * ms, 500 * ms);
  set(0);
  questions_.sent(questions_.open(2, {}), 50 * ms, 200 * ms, 500 * ms);
  set(50 * ms);
  EXPECT_EQ(set_, 1);
  alarm_.fired();
  questions_.next_send(200 * ms);
  set(200 * ms);
  EXPECT_EQ(at_, 250 * ms);
}
TEST_F(AlarmTest, ARetryWaitsForTheRateHoweverLongThatIs) {
  questions_.sent(questions_.open(1, {}), 0, 200 * ms, 500 * ms);
  const auto none_till = [](uint32_t, int64_t& again) { return again = 9000 * ms, 0u; };
  EXPECT_EQ(pacer_.take(1, 0, none_till), 0u);
  set(0);
  EXPECT_EQ(at_, 9000 * ms);
}
TEST_F(AlarmTest, TasksThatWaitAtTheHostAreFetchedWhenTheRateAllows) {
  const auto none_till = [](uint32_t, int64_t& again) { return again = 30 * ms, 0u; };
  EXPECT_EQ(pacer_.take(1, 0, none_till), 0u);
  set(0, true);
  EXPECT_EQ(at_, 30 * ms);
}
TEST_F(AlarmTest, WhatElseIsToCome) {
  set(0, false, 70 * ms);
  EXPECT_EQ(at_, 70 * ms);
}
TEST_F(AlarmTest, NeverCloserThanItIsWorth) {
  questions_.sent(questions_.open(1, {}), 0, 1, 500 * ms);
  set(10 * ms);
  EXPECT_EQ(at_, 10 * ms + 200'000);
}

}  // namespace
}  // namespace sonde::net
