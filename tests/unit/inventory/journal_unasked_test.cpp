// Hosts that a failed stage left without an answer: not settled, until a later part has asked them again.
#include <array>

#include "journal_fixture.hpp"
#include "listed.hpp"

namespace sonde::core {
namespace {

using Outcomes = std::vector<Outcome>;

class UnaskedHosts : public Journal {
 protected:
  /// 10.0.0.1 at position 7 answered the first stage, and the second failed.
  static void leave(JournalWriter& journal) {
    journal.stage_failed(1, "out of \xff luck");
    journal.result(ip("10.0.0.1"), 0, Outcome::positive, std::vector{fact(0, F::mac, text("AA:BB:CC:DD:EE:FF"))}, "");
    journal.result(ip("10.0.0.1"), 1, Outcome::error, {}, "out of luck");
    journal.unasked(7, ip("10.0.0.1"), {Outcome::positive, Outcome::error, Outcome::no_answer}, std::array{uint8_t{1}});
  }
};

TEST_F(UnaskedHosts, AreNotSettledAndHaveTheirOutcomes) {
  const auto journal = create();
  leave(*journal);
  journal->settled(Slice{0, 7});
  ASSERT_TRUE(journal->sync(false));
  const JournalContent content = read();
  EXPECT_EQ(content.dropped_lines, 0u);
  EXPECT_FALSE(content.settled.contains(7));
  EXPECT_EQ(content.settled.size(), 7u);
  EXPECT_EQ(content.unsettled, (std::vector<IpAddress>{ip("10.0.0.1")}));
  ASSERT_EQ(content.hosts.size(), 1u);
  EXPECT_EQ(listed(content.hosts)[0].outcomes, (Outcomes{Outcome::positive, Outcome::error, Outcome::no_answer}));
  EXPECT_EQ(listed(content.hosts)[0].facts.size(), 1u);
  ASSERT_EQ(content.failures.size(), 1u);
  EXPECT_EQ(content.failures.at(1).why, "out of \xff luck");
  EXPECT_TRUE(content.failures.at(1).unasked.contains(7));
}

TEST_F(UnaskedHosts, WhoIsSettledLaterWasAskedAgain) {
  const Outcomes again{Outcome::positive, Outcome::negative, Outcome::no_answer};
  for (const bool silent : {false, true}) {
    path_ = directory_ / ("journal/run-" + std::to_string(silent));
    leave(*create());
    {
      const auto journal = JournalWriter::append_to(path_).value();
      journal->result(ip("10.0.0.1"), 0, Outcome::positive, std::vector{fact(0, F::mac, text("AA:BB:CC:DD:EE:FF"))},
                      "");
      journal->settled(7, ip("10.0.0.1"), silent ? nullptr : &again);
    }
    const JournalContent content = read();
    EXPECT_TRUE(content.settled.contains(7));
    EXPECT_TRUE(content.failures.empty());
    ASSERT_EQ(content.hosts.size(), 1u);
    EXPECT_EQ(listed(content.hosts)[0].facts.size(), 1u);
    if (silent) continue;
    EXPECT_TRUE(content.unsettled.empty());
    EXPECT_EQ(listed(content.hosts)[0].outcomes, again);
  }
}

TEST_F(UnaskedHosts, AStageThatLeftNobodyUnaskedIsNoneThatFailed) {
  create()->stage_failed(1, "out of luck");
  EXPECT_TRUE(read().failures.empty());
  EXPECT_EQ(read().dropped_lines, 0u);
}

/// The reason stands in a line that may be lost; that the host is to be asked again does not depend on it.
TEST_F(UnaskedHosts, NeedNoReason) {
  create()->unasked(7, ip("10.0.0.1"), {Outcome::error, Outcome::error, Outcome::none},
                    std::array{uint8_t{0}, uint8_t{1}});
  const JournalContent content = read();
  ASSERT_EQ(content.failures.size(), 2u);
  EXPECT_EQ(content.failures.at(0).why, "");
  EXPECT_EQ(content.failures.at(1).unasked.size(), 1u);
}

}  // namespace
}  // namespace sonde::core
