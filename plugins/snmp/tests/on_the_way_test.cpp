// The bound of what one agent behind many addresses is sent before it has answered.
#include "on_the_way.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <set>
#include <string>

#include "agent.hpp"
#include "probe_host.hpp"

namespace sonde::snmp {
namespace {

TEST(OnTheWay, IsFullAtItsShare) {
  OnTheWay questions(2);
  for (int i = 0; i < 63; ++i) questions.sent(0, 200);
  EXPECT_TRUE(questions.room(0));
  questions.sent(0, 200);
  EXPECT_FALSE(questions.room(0)) << "half of 128 for each of two instances";
}
TEST(OnTheWay, OneForEachOfVeryManyInstances) {
  OnTheWay questions(1000);
  EXPECT_TRUE(questions.room(0));
  questions.sent(0, 200);
  EXPECT_FALSE(questions.room(0));
}
TEST(OnTheWay, AnAnswerMakesRoomOnce) {
  OnTheWay questions(64);
  const uint64_t first = questions.sent(0, 200);
  questions.sent(0, 200);
  EXPECT_FALSE(questions.room(0));
  questions.answered(first);
  questions.answered(first);
  EXPECT_TRUE(questions.room(0));
  questions.sent(0, 200);
  EXPECT_FALSE(questions.room(0)) << "the second answer was none";
}
TEST(OnTheWay, WhoeverStaysSilentIsForgottenInTime) {
  OnTheWay questions(64);
  const uint64_t silent = questions.sent(0, 200);
  questions.sent(100, 300);
  EXPECT_FALSE(questions.room(199));
  EXPECT_TRUE(questions.room(200));
  questions.sent(200, 400);
  questions.answered(silent);
  questions.answered(0);
  EXPECT_FALSE(questions.room(200)) << "a late answer frees nobody else's place";
}

// All hosts are one agent, which answers nothing. An agent reads what it cannot answer.
TEST(OnTheWay, NoMoreNewHostsAreAskedIn200MsOfSilenceThanOneAgentsSocketHolds) {
  constexpr int64_t ms = 1'000'000, began = 70'000 * ms;
  std::set<std::string> asked;
  ProbeHost host([&](const std::string& question) {
    asked.insert(question);
    return std::vector<std::string>{};
  });
  host.options.set("community", "public").set("discover", false).set("timeout", 10'000 * ms);
  for (uint8_t i = 2; i <= 250; ++i) host.add_v4(127, 0, 0, i);
  const auto asked_at = [&](int64_t time) {
    host.held_clock = time;
    EXPECT_TRUE(host.offer());
    host.turn();
    return asked.size();
  };
  host.held_clock = began;
  ASSERT_TRUE(host.begin());
  EXPECT_EQ(asked_at(began), 128u);
  EXPECT_EQ(asked_at(began + 199 * ms), 128u);
  EXPECT_EQ(asked_at(began + 200 * ms), 250u) << "longer silence keeps nobody waiting";
}

}  // namespace
}  // namespace sonde::snmp
