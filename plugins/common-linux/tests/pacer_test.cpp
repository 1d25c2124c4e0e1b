// Tokens of the host's rate.
#include "common-linux/pacer.hpp"

#include <gtest/gtest.h>

namespace sonde::net {
namespace {

struct Host {
  uint32_t grants = 0;
  int64_t again = 0;
  int asked = 0;
  uint32_t operator()(uint32_t want, int64_t& at) {
    ++asked;
    at = again;
    return std::min(want, grants);
  }
};

TEST(Pacer, PassesOnWhatTheHostGrants) {
  Pacer pacer;
  Host host{5, 1'000'000};
  EXPECT_EQ(pacer.take(8, 0, host), 5u);
  EXPECT_EQ(pacer.again(), 1'000'000);
}

TEST(Pacer, DoesNotAskAgainBeforeTheTimeNamed) {
  Pacer pacer;
  Host host{0, 1'000'000};
  EXPECT_EQ(pacer.take(1, 0, host), 0u);
  host.grants = 9;
  EXPECT_EQ(pacer.take(1, 999'999, host), 0u);
  EXPECT_EQ(host.asked, 1);
  EXPECT_EQ(pacer.take(1, 1'000'000, host), 1u);
}

TEST(Pacer, UnsentPacketsAreKept) {
  Pacer pacer;
  Host host{4, 1'000'000};
  EXPECT_EQ(pacer.take(4, 0, host), 4u);
  pacer.give_back(3);
  EXPECT_EQ(pacer.take(2, 0, host), 2u);
  EXPECT_EQ(host.asked, 1);
}

TEST(Pacer, NamesALaterTimeEvenIfTheHostDoesNot) {
  Pacer pacer;
  Host host{0, 0};
  EXPECT_EQ(pacer.take(1, 5'000'000, host), 0u);
  EXPECT_GT(pacer.again(), 5'000'000);
}

TEST(Pacer, AHostThatGrantsTooMuchIsNotBelieved) {
  Pacer pacer;
  EXPECT_EQ(pacer.take(2, 0, [](uint32_t, int64_t&) { return 1000u; }), 2u);
  EXPECT_EQ(pacer.take(1, 0, [](uint32_t, int64_t&) { return 0u; }), 0u);
}

}  // namespace
}  // namespace sonde::net
