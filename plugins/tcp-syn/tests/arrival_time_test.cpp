// When an answer arrived.
#include "tcp-syn/arrival_time.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_syn {
namespace {

constexpr int64_t ms = 1'000'000;

TEST(ArrivedAt, TheKernelsStampOnOurClock) {
  EXPECT_EQ(arrived_at(5000 * ms + 120 * ms, 5000 * ms, 100 * ms, 130 * ms), 120 * ms);
  EXPECT_EQ(arrived_at(0, 5000 * ms, 100 * ms, 130 * ms), 130 * ms) << "no stamp";
}
TEST(ArrivedAt, AWallClockThatWasSetMovesNothingOutOfItsTime) {
  // An hour forward between the packet and its reading: it would seem to have come before it was asked for.
  EXPECT_EQ(arrived_at(5120 * ms, 5000 * ms + 3600'000 * ms, 100 * ms, 130 * ms), 100 * ms);
  // An hour back: to come from the future.
  EXPECT_EQ(arrived_at(3600'000 * ms + 5120 * ms, 5000 * ms, 100 * ms, 130 * ms), 130 * ms);
  EXPECT_EQ(arrived_at(5120 * ms, 5000 * ms, 140 * ms, 130 * ms), 130 * ms) << "emptied during this very reading";
}

}  // namespace
}  // namespace sonde::tcp_syn
