// Which of several signals leaves at once, and with what words.
#include "cli/signals.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace sonde::core::cli {
namespace {

// In processes of their own, which they end.

TEST(SignalsDeathTest, SeveralAtOnceAreOneWish) {
  EXPECT_EXIT(
      {
        const std::atomic<int>& stop = watch_signals();
        ::raise(SIGINT);
        ::raise(SIGINT);
        ::usleep(20'000);
        ::raise(SIGTERM);
        ::_exit(stop.load() == SIGINT ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(SignalsDeathTest, ALaterOneLeavesAtOnceAndSaysHowToGoOn) {
  EXPECT_EXIT(
      {
        watch_signals();
        say_when_stopped("to go on: --resume elsewhere\n");
        say_when_stopped("to go on: --resume out\n");
        ::raise(SIGINT);
        ::usleep(1'100'000);
        ::raise(SIGTERM);
        ::_exit(1);
      },
      testing::ExitedWithCode(128 + SIGTERM), "^to go on: --resume out\n$");
}

}  // namespace
}  // namespace sonde::core::cli
