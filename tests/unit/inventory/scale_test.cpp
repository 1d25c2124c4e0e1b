// A run of thousands of hosts through journal and fold: nothing here may grow with the square of the hosts.
#include <gtest/gtest.h>

#include "facts.hpp"
#include "inventory/journal_reader.hpp"
#include "inventory/journal_writer.hpp"
#include "listed.hpp"
#include "temporary.hpp"

namespace sonde::core {
namespace {

using F = FieldTable;

TEST(Scale, ThousandsOfHostsThroughJournalAndFold) {
  constexpr uint32_t hosts = 8192;
  const FieldTable fields;
  const FoldContext run = context(fields);
  JournalHeader header;
  for (FieldId i = 0; i < fields.size(); ++i) header.fields.push_back(fields[i].name);
  header.stages = run.stage_plugins;
  header.targets = header.slice.count = hosts;
  const Temporary directory;
  const std::vector<Fact> echo = {fact(1, F::alive, Scalar::boolean(true)), fact(1, F::rtt_ms, Scalar::of(0.5))};
  const std::vector<Fact> tcp = {fact(2, F::ports, number(443)), fact(2, F::ports, number(22)),
                                 fact(2, F::banners, text("SSH-2.0-OpenSSH_9.3"), "22")};
  const std::vector<Outcome> outcomes = {Outcome::no_answer, Outcome::positive, Outcome::positive,
                                         Outcome::no_answer, Outcome::none,     Outcome::none};
  auto journal = JournalWriter::create(directory / "run", header).value();
  for (uint32_t i = 0; i < hosts; ++i) {
    const IpAddress address = IpAddress::v4(0x0a000000 + i);
    journal->result(address, 1, Outcome::positive, echo, "");
    journal->result(address, 2, Outcome::positive, tcp, "");
    journal->settled((i * 40503u) % hosts, address, &outcomes);  // in no order
  }
  ASSERT_TRUE(journal->sync(false));

  const JournalContent content = read_journal(directory / "run").value();
  ASSERT_EQ(content.hosts.size(), hosts);
  EXPECT_EQ(content.settled.runs().size(), 1u);
  std::size_t fields_seen = 0;
  for (const HostRecord& host : listed(content.hosts)) fields_seen += fold(host, run).fields.size();
  EXPECT_EQ(fields_seen, hosts * 6u);  // ip, alive, rtt_ms, ports, banners, evidence
  EXPECT_EQ(
      json_of(listed(content.hosts).back(), run),
      R"({"ip":"10.0.31.255","alive":true,"rtt_ms":0.5,"ports":[22,443],"banners":{"22":"SSH-2.0-OpenSSH_9.3"}})");
}

/// More hosts under way than are kept in memory, as after many interruptions: what is said later joins what was put
/// away.
TEST(Scale, HostsThatAreUnderWayDoNotPileUp) {
  constexpr uint32_t hosts = 70000;
  const FieldTable fields;
  JournalHeader header;
  for (FieldId i = 0; i < fields.size(); ++i) header.fields.push_back(fields[i].name);
  header.stages = {"first", "second"};
  header.targets = header.slice.count = hosts;
  const Temporary directory;
  // In the order in which it was said, which is none of values or fields.
  const std::vector<Fact> echo = {fact(0, F::rtt_ms, Scalar::of(0.5)), fact(0, F::alive, Scalar::boolean(true))};
  const std::vector<Fact> tcp = {fact(1, F::ports, number(443)), fact(1, F::ports, number(22))};
  const std::vector<Outcome> outcomes = {Outcome::positive, Outcome::positive};
  auto journal = JournalWriter::create(directory / "run", header).value();
  const auto address = [](uint32_t i) { return IpAddress::v4(0x0a000000 + i); };
  for (uint32_t i = 0; i < hosts; ++i) journal->result(address(i), 0, Outcome::positive, echo, "");
  for (uint32_t i = 0; i < hosts; ++i) journal->result(address(i), 0, Outcome::positive, echo, "");
  for (uint32_t i = 0; i < hosts; i += 2) {
    journal->result(address(i), 1, Outcome::positive, tcp, "");
    journal->settled(i, address(i), &outcomes);
  }
  ASSERT_TRUE(journal->sync(false));

  const JournalContent content = read_journal(directory / "run").value();
  const std::vector<HostRecord> records = listed(content.hosts);
  ASSERT_EQ(records.size(), hosts);
  EXPECT_FALSE(content.hosts.in_pieces());
  ASSERT_EQ(content.unsettled.size(), hosts / 2);
  for (uint32_t i = 0; i < hosts; ++i) {
    const bool settled = i % 2 == 0;
    const std::vector<Fact> facts = settled ? std::vector<Fact>{echo[0], echo[1], tcp[0], tcp[1]} : echo;
    const Outcome second = settled ? Outcome::positive : Outcome::none;
    ASSERT_EQ(records[i], (HostRecord{address(i), facts, {Outcome::positive, second}}));
    ASSERT_TRUE(settled || content.unsettled[i / 2] == address(i));
  }
}

}  // namespace
}  // namespace sonde::core
