// A journal written and read back: nothing that was learned is lost, byte for byte.
#include <algorithm>

#include "inventory/journal_directory.hpp"
#include "journal_fixture.hpp"
#include "listed.hpp"

namespace sonde::core {
namespace {

TEST_F(Journal, KeepsItsHeader) {
  create();
  const JournalHeader h = read().header, expected = header();
  EXPECT_EQ(h.run_id, "2026-11-22T031500Z-ab12");
  EXPECT_EQ(h.pipeline, "lan.sonde.yaml");
  EXPECT_EQ(h.plan_hash, "00ff");
  EXPECT_EQ(h.started, "2026-11-22T03:15:00Z");
  EXPECT_EQ(h.seed, 18446744073709551615u);
  EXPECT_EQ(h.targets, 1000u);
  EXPECT_EQ(h.slice.count, 1000u);
  EXPECT_EQ(h.scope, expected.scope);
  EXPECT_EQ(h.fields, expected.fields);
  EXPECT_EQ(h.stages, expected.stages);
}

/// A scope of millions of ranges makes no line that is longer than what is read.
TEST_F(Journal, RangesThatAreManyStandInLinesOfTheirOwn) {
  JournalHeader h = header();
  h.stage_details.resize(h.stages.size());
  h.stage_details.front().asks = R"({"when":"alive"})";
  h.own_fields.resize(1);
  for (uint32_t i = 0; i < 200'000; ++i) h.scope.push_back(IpAddress::v4((10u << 24) + 2 * i).to_string());
  for (uint32_t i = 0; i < 100'000; ++i) h.exclusions.push_back(IpAddress::v4((11u << 24) + 2 * i).to_string());
  JournalWriter::create(path_, h).value()->result(ip("10.0.0.1"), 1, Outcome::positive, {}, "");
  const std::string text = Temporary::read(path_);
  EXPECT_TRUE(text.starts_with("{\"sonde_journal\":2,")) << "a sonde that does not know of them must not go on";
  std::size_t longest = 0;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    longest = std::max(longest, end - at);
  EXPECT_LT(longest, 4u << 20);
  JournalWriter::append_to(path_).value()->finished(false, "interrupted");
  const JournalContent content = read();
  EXPECT_EQ(content.header.scope, h.scope);
  EXPECT_EQ(content.header.exclusions, h.exclusions);
  EXPECT_EQ(content.header.stage_details.front().asks, h.stage_details.front().asks);
  EXPECT_EQ(content.hosts.size(), 1u);
  EXPECT_EQ(content.dropped_lines, 0u);
  EXPECT_EQ(newest_unfinished(directory_.path()).value(), path_);
}

/// They are for a message alone, and two hostile journals would keep a merge busy with them.
TEST_F(Journal, QuestionsThatAreLongerThanAnySondeWritesAreNotKept) {
  JournalHeader h = header();
  h.stage_details.resize(h.stages.size());
  h.stage_details.front().asks = std::string(longest_asks, 'a');
  h.own_fields.resize(1);
  JournalWriter::create(path_, h).value()->finished(false, "interrupted");
  EXPECT_EQ(read().header.stage_details.front().asks, h.stage_details.front().asks);
  std::string text = Temporary::read(path_);
  text.insert(text.find("aaaa"), "a");
  directory_.write("journal/run-1", text);
  EXPECT_EQ(read().header.stage_details.size(), h.stages.size());
  EXPECT_EQ(read().header.stage_details.front().asks, "");
}

TEST_F(Journal, GivesHostsBackWithFactsAndOutcomes) {
  const HostRecord host{ip("10.0.0.7"),
                        {fact(0, F::mac, text("AA:BB:CC:DD:EE:FF")), fact(1, F::alive, Scalar::boolean(true)),
                         fact(1, F::rtt_ms, Scalar::of(0.1)), fact(2, F::ports, number(22)),
                         fact(2, F::banners, text("SSH \"x\"\\\n\t\x01 \xE2\x82\xAC"), "22"),
                         fact(2, F::services, Scalar::json(R"({"name":"ssh"})"), "22/tcp")},
                        {Outcome::positive, Outcome::positive, Outcome::positive}};
  auto journal = create();
  const std::span<const Fact> facts = host.facts;
  journal->result(host.ip, 0, Outcome::positive, facts.subspan(0, 1), "");
  journal->result(host.ip, 1, Outcome::positive, facts.subspan(1, 2), "");
  journal->result(host.ip, 2, Outcome::positive, facts.subspan(3), "");
  journal->settled(41, host.ip, &host.outcomes);
  ASSERT_TRUE(journal->sync(true));

  const JournalContent content = read();
  ASSERT_EQ(content.hosts.size(), 1u);
  EXPECT_EQ(listed(content.hosts)[0], host);
  EXPECT_TRUE(content.unsettled.empty());
  EXPECT_TRUE(content.settled.contains(41));
  EXPECT_EQ(content.settled.size(), 1u);
  EXPECT_EQ(content.dropped_lines, 0u);
  EXPECT_FALSE(content.finished);
}

TEST_F(Journal, BinaryTextSurvivesExactly) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::vector<Fact> facts = {fact(2, F::banners, text(all), "\xff\x00key"),
                                   fact(2, own_blob, {SONDE_BYTES, 0, all}),
                                   fact(2, own_blob, text(std::string(3, '\0')))};
  auto journal = create();
  journal->result(ip("10.0.0.7"), 2, Outcome::positive, facts, "");
  ASSERT_TRUE(journal->sync(false));
  EXPECT_EQ(listed(read().hosts).at(0).facts, facts);
}

TEST_F(Journal, NumbersSurviveBitForBit) {
  const std::vector<Fact> facts = {fact(1, F::rtt_ms, Scalar::of(0.1)), fact(1, own_blob, Scalar::of(int64_t{-1})),
                                   fact(1, own_blob, number(UINT64_MAX)), fact(1, own_blob, Scalar::of(-1.0 / 3)),
                                   fact(1, own_blob, {SONDE_TIME, static_cast<uint64_t>(INT64_MIN), {}})};
  auto journal = create();
  journal->result(ip("fe80::1"), 1, Outcome::positive, facts, "");
  ASSERT_TRUE(journal->sync(false));
  EXPECT_EQ(listed(read().hosts).at(0).facts, facts);
}

TEST_F(Journal, AddressesKeepTheirZoneThoughTheInterfaceIsGone) {
  const IpAddress address(ip("fe80::1").bytes(), 999999);
  auto journal = create();
  journal->result(address, 1, Outcome::negative, {}, "");
  const std::vector<Outcome> outcomes = {Outcome::no_answer, Outcome::negative, Outcome::no_answer};
  journal->settled(3, address, &outcomes);
  ASSERT_TRUE(journal->sync(false));
  const JournalContent content = read();
  ASSERT_EQ(content.hosts.size(), 1u);
  EXPECT_EQ(listed(content.hosts)[0].ip, address);
  EXPECT_EQ(listed(content.hosts)[0].outcomes, outcomes);
}

TEST_F(Journal, HostsInTheMiddleAreUnsettled) {
  auto journal = create();
  journal->result(ip("10.0.0.9"), 1, Outcome::positive, {}, "");
  journal->result(ip("10.0.0.2"), 0, Outcome::error, {}, "no buffer");
  journal->result(ip("10.0.0.3"), 0, Outcome::error, {}, "no buffer");
  ASSERT_TRUE(journal->sync(false));
  const JournalContent content = read();
  EXPECT_EQ(content.unsettled, (std::vector<IpAddress>{ip("10.0.0.2"), ip("10.0.0.3"), ip("10.0.0.9")}));
  EXPECT_EQ(listed(content.hosts).at(2).outcomes,
            (std::vector<Outcome>{Outcome::none, Outcome::positive, Outcome::none}));
  EXPECT_EQ(content.errors, (decltype(content.errors){{{uint8_t{0}, "no buffer"}, 2}}));
}

TEST_F(Journal, ReasonsBeyondTheBoundAreCountedTogether) {
  {
    const auto writer = create();
    for (int i = 0; i < 5000; ++i)
      writer->result(ip("10.0.0.1"), 1, Outcome::error, {},
                     "reason " + std::string(1, static_cast<char>('a' + i % 26)) + "x" + std::to_string(i));
    for (int i = 0; i < 3; ++i) writer->result(ip("10.0.0.1"), 1, Outcome::error, {}, "reason ax0");
  }
  const JournalContent content = read();
  EXPECT_EQ(content.errors.size(), 4097u);
  EXPECT_EQ(content.errors.at({uint8_t{1}, "reason ax0"}), 4u);
  EXPECT_EQ(content.errors.at({uint8_t{1}, "other reasons"}), 5000u - 4096u);
}

TEST_F(Journal, SilenceCostsRangesNotLines) {
  auto journal = create();
  for (uint64_t position = 0; position < 900; ++position)
    if (position != 500) journal->settled(position, ip("10.0.0.1"), nullptr);
  journal->settled(Slice{950, 50});
  ASSERT_TRUE(journal->sync(false));
  const std::string lines = Temporary::read(path_);
  EXPECT_EQ(lines.substr(lines.find('\n') + 1), "{\"p\":[[0,500],[501,399],[950,50]]}\n");
  EXPECT_EQ(read().settled.size(), 949u);
  EXPECT_FALSE(read().settled.contains(500));
  EXPECT_TRUE(read().hosts.empty());
}

TEST_F(Journal, HowSilentHostsEndedIsCounted) {
  auto journal = create();
  OutcomeCounts first{}, second{};
  first[static_cast<std::size_t>(Outcome::no_answer)] = 7;
  first[static_cast<std::size_t>(Outcome::skipped_when)] = 3;
  second[static_cast<std::size_t>(Outcome::no_answer)] = 10;
  journal->settled(Slice{0, 10});
  journal->silent_outcomes(std::vector{first, second});
  ASSERT_TRUE(journal->sync(false));
  journal->settled(Slice{10, 10});
  journal->silent_outcomes(std::vector{second, second});
  ASSERT_TRUE(journal->sync(false));
  const std::string lines = Temporary::read(path_);
  EXPECT_EQ(lines.substr(lines.find('\n') + 1),
            "{\"p\":[[0,10]],\"t\":[[[3,7],[6,3]],[[3,10]]]}\n{\"p\":[[10,10]],\"t\":[[[3,10]],[[3,10]]]}\n");
  const JournalContent content = read();
  EXPECT_EQ(content.dropped_lines, 0u);
  ASSERT_GE(content.silent_outcomes.size(), 2u);
  EXPECT_EQ(content.silent_outcomes[0][static_cast<std::size_t>(Outcome::no_answer)], 17u);
  EXPECT_EQ(content.silent_outcomes[0][static_cast<std::size_t>(Outcome::skipped_when)], 3u);
  EXPECT_EQ(content.silent_outcomes[1][static_cast<std::size_t>(Outcome::no_answer)], 20u);
}

TEST_F(Journal, PacketsOfAllParts) {
  {
    auto journal = create();
    journal->packets(1000);
    journal->packets(1000);  // no news, no line
    ASSERT_TRUE(journal->sync(false));
  }
  EXPECT_EQ(read().packets, 1000u);
  auto journal = JournalWriter::append_to(path_).value();
  journal->packets(1500);
  ASSERT_TRUE(journal->sync(false));
  const std::string lines = Temporary::read(path_);
  EXPECT_EQ(lines.substr(lines.find('\n') + 1), "{\"n\":1000}\n{\"n\":1500}\n");
  EXPECT_EQ(read().packets, 1500u);
  EXPECT_EQ(read().dropped_lines, 0u);
}

TEST_F(Journal, ManyRunsAreWrittenBeforeTheyFillTheMemory) {
  auto journal = JournalWriter::create(path_,
                                       [] {
                                         JournalHeader h = header();
                                         h.targets = h.slice.count = 1'000'000;
                                         return h;
                                       }())
                     .value();
  for (uint64_t position = 0; position < 10'000; ++position) journal->settled(Slice{position * 2, 1});
  ASSERT_TRUE(journal->sync(false));
  EXPECT_EQ(read().settled.size(), 10'000u);
  EXPECT_EQ(read().settled.runs().size(), 10'000u);
}

TEST_F(Journal, TellsWhetherTheRunCompleted) {
  auto journal = create();
  journal->finished(true, "");
  ASSERT_TRUE(journal->sync(true));
  EXPECT_TRUE(read().finished);
}

TEST_F(Journal, AnInterruptedRunCanBeResumed) {
  auto journal = create();
  journal->finished(false, "interrupted");
  ASSERT_TRUE(journal->sync(true));
  EXPECT_FALSE(read().finished);
  EXPECT_EQ(read().reason, "interrupted");
}

TEST_F(Journal, AResultThatIsRepeatedCountsOnce) {
  const std::vector<Fact> facts = {fact(2, F::ports, number(80)), fact(2, F::ports, number(22))};
  auto journal = create();
  journal->result(ip("10.0.0.1"), 2, Outcome::positive, facts, "");
  journal->result(ip("10.0.0.1"), 2, Outcome::positive, facts, "");
  journal->result(ip("10.0.0.1"), core_stage, Outcome::none, std::vector{fact(core_stage, F::hostname, text("a"))}, "");
  ASSERT_TRUE(journal->sync(false));
  EXPECT_EQ(listed(read().hosts).at(0).facts,
            (std::vector<Fact>{fact(2, F::ports, number(80)), fact(2, F::ports, number(22)),
                               fact(core_stage, F::hostname, text("a"))}));
}

TEST_F(Journal, ManyFactsAreSeveralLinesAndOneResult) {
  std::vector<Fact> facts;
  for (int i = 0; i < 40; ++i) facts.push_back(fact(2, F::banners, text(std::string(100'000, 'x')), std::to_string(i)));
  facts.push_back(fact(2, F::banners, text(std::string(3'000'000, '\x01')), "big"));
  auto journal = create();
  journal->result(ip("10.0.0.1"), 2, Outcome::positive, facts, "");
  ASSERT_TRUE(journal->sync(false));
  const JournalContent content = read();
  EXPECT_EQ(listed(content.hosts).at(0).facts, facts);
  EXPECT_EQ(listed(content.hosts).at(0).outcomes.at(2), Outcome::positive);
  // Cut anywhere in the last line, the stage is not done.
  const std::string whole = Temporary::read(path_);
  directory_.write("journal/run-1", whole.substr(0, whole.size() - 1));
  EXPECT_EQ(listed(read().hosts).at(0).outcomes.at(2), Outcome::none);
}

TEST_F(Journal, TheCrashHandlerNamesTheTargetInHand) {
  auto journal = create();
  journal->result(ip("10.0.0.1"), 1, Outcome::positive, {}, "");
  ASSERT_TRUE(journal->sync(false));
  write_crash_line(journal->descriptor(), "tcp-banner", "tcp \"fast\"", ip("10.0.0.2").bytes().data(), 0);
  write_crash_line(journal->descriptor(), "icmp", "icmp", ip("fe80::1").bytes().data(), 4294967295u);
  const JournalContent content = read();
  ASSERT_EQ(content.crashes.size(), 2u);
  EXPECT_EQ(content.crashes[0].plugin, "tcp-banner");
  EXPECT_EQ(content.crashes[0].stage, "tcp \"fast\"");
  EXPECT_EQ(content.crashes[0].target, ip("10.0.0.2"));
  EXPECT_EQ(content.crashes[1].target, IpAddress(ip("fe80::1").bytes(), 4294967295u));
  EXPECT_EQ(content.dropped_lines, 0u);
}

}  // namespace
}  // namespace sonde::core
