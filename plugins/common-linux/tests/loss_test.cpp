// What the host is told of lost packets, and what becomes of a question whose time is up.
#include "common-linux/loss.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sonde::net {
namespace {

constexpr int64_t ms = 1'000'000, timeout = 800 * ms, spacing = 250 * ms;
using Questions = Attempts<int>;

// A host that offers the extension, or does not: what sent before `doubtful_until` proves nothing, what sent after
// `open_from` is open.
class Host {
 public:
  explicit Host(bool offers = true) {
    table_.size = sizeof table_;
    table_.get_extension = offers ? [](sonde_ctx*, const char* id) -> const void* {
      return std::string_view(id) == SONDE_LOSS ? &loss() : nullptr;
    }
    : [](sonde_ctx*, const char*) -> const void* { return nullptr; };
  }
  Context context() { return {reinterpret_cast<sonde_ctx*>(this), &table_}; }

  int64_t doubtful_until = 0, open_from = never;
  std::vector<std::string> told;
  uint32_t again = 0, in_doubt = 0;

 private:
  static Host& of(sonde_ctx* c) { return *reinterpret_cast<Host*>(c); }
  static const sonde_loss& loss() {
    static constexpr sonde_loss table = {
        sizeof(sonde_loss),
        0,
        [](sonde_ctx* c, int64_t at) { of(c).told.push_back("arrived " + std::to_string(at / ms)); },
        [](sonde_ctx* c, int64_t at) { of(c).told.push_back("lost " + std::to_string(at / ms)); },
        [](sonde_ctx* c, int64_t at) -> int {
          return at < of(c).doubtful_until ? SONDE_SILENCE_DOUBTFUL
                 : at >= of(c).open_from   ? SONDE_SILENCE_OPEN
                                           : SONDE_SILENCE_HOLDS;
        },
        [](sonde_ctx* c, uint32_t n) { of(c).again += n; },
        [](sonde_ctx* c, uint32_t n) { of(c).in_doubt += n; },
        [](sonde_ctx*, uint32_t) {}};
    return table;
  }
  sonde_host table_{};
};

// Asked twice, at 1000 ms and 1250 ms.
uint32_t ask_twice(Questions& q) {
  const uint32_t slot = q.open(1, 0);
  q.sent(slot, 1000 * ms, spacing, timeout);
  q.next_send(1250 * ms);
  q.sent(slot, 1250 * ms, spacing, timeout);
  return slot;
}

TEST(LossReport, AnAnswerTellsOfThatAttemptAndOfThoseBefore) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  report.answered(q, slot, 1);
  EXPECT_EQ(host.told, (std::vector<std::string>{"lost 1000", "arrived 1250"}));
}

TEST(LossReport, ATimeThatIsUpInTheMiddleOfDoubtIsCounted) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  host.doubtful_until = 1100 * ms;
  ASSERT_TRUE(report.goes_on(q, slot, 2050 * ms));
  EXPECT_EQ(host.again, 1u);
  EXPECT_TRUE(report.cut_short(q, slot)) << "its third try waits for the rate";
  EXPECT_EQ(host.in_doubt, 1u);
}

TEST(LossReport, SoIsOneOfWhichIsNotKnownYet) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  host.open_from = 1200 * ms;
  EXPECT_TRUE(report.cut_short(q, slot));
  EXPECT_EQ(host.in_doubt, 1u);
}

TEST(LossReport, WhoHadAllItsTriesIsSilentAndWhoHadNoneIsNoDoubt) {
  Host host;
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q), unasked = q.open(2, 0);
  EXPECT_FALSE(report.cut_short(q, slot));
  EXPECT_FALSE(report.cut_short(q, unasked));
  EXPECT_EQ(host.in_doubt, 0u);
}

TEST(LossReport, WhereItIsNotOfferedATryIsATry) {
  Host host(false);
  const LossReport report(host.context());
  Questions q(2, extra_attempts);
  const uint32_t slot = ask_twice(q);
  host.doubtful_until = never;
  report.answered(q, slot, 1);
  EXPECT_FALSE(report);
  EXPECT_FALSE(report.goes_on(q, slot, 2050 * ms));
  EXPECT_FALSE(report.cut_short(q, slot));
  EXPECT_EQ(report.silence(1000 * ms), Silence::holds);
}

}  // namespace
}  // namespace sonde::net
