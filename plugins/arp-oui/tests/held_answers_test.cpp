// Which answers are told as a proxy's.
#include "arp-oui/held_answers.hpp"

#include <gtest/gtest.h>

namespace sonde::arp_oui {
namespace {

constexpr net::Mac router = {0x00, 0x1b, 0x21, 0, 0, 1}, host = {0x00, 0x1b, 0x21, 0, 0, 2};
constexpr int64_t ms = 1'000'000, wait = 200 * ms;

TEST(HeldAnswers, OneIsToldAfterItsWait) {
  HeldAnswers held(wait);
  held.add(7, host, 0);
  EXPECT_EQ(held.due(), wait);
  EXPECT_FALSE(held.take_due(wait - 1));
  const auto answer = held.take_due(wait);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->task, 7u);
  EXPECT_EQ(answer->mac, host);
  EXPECT_FALSE(held.shared(host));
  EXPECT_FALSE(held.take_due(10 * wait));
  EXPECT_EQ(held.due(), net::never);
}
TEST(HeldAnswers, TheFirstAnswersOfAProxyAreKnownAsSuchToo) {
  HeldAnswers held(wait);
  for (sonde_task task = 1; task <= 5; ++task) held.add(task, router, static_cast<int64_t>(task) * 10 * ms);
  held.add(6, host, 60 * ms);
  const auto first = held.take_due(wait + 10 * ms);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->task, 1u);
  EXPECT_TRUE(held.shared(router));
  EXPECT_FALSE(held.shared(host));
}
TEST(HeldAnswers, FourAddressesAreNoProxy) {
  HeldAnswers held(wait);
  for (sonde_task task = 1; task <= 4; ++task) held.add(task, router, 0);
  EXPECT_FALSE(held.shared(router));
}
TEST(HeldAnswers, TakenBeforeItsTimeOnlyByItsOwnTask) {
  HeldAnswers held(wait);
  const uint32_t index = held.add(7, host, 0);
  EXPECT_FALSE(held.take(index, 8));
  EXPECT_FALSE(held.take(index + 1, 7));
  EXPECT_TRUE(held.take(index, 7));
  EXPECT_FALSE(held.take(index, 7));
  EXPECT_FALSE(held.take_due(wait));
}

}  // namespace
}  // namespace sonde::arp_oui
