// A run of thousands of hosts through journal and fold: nothing here may grow with the square of the hosts.
#include <gtest/gtest.h>

#include "facts.hpp"
#include "inventory/journal.hpp"
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
  for (const HostRecord& host : content.hosts) fields_seen += fold(host, run).fields.size();
  EXPECT_EQ(fields_seen, hosts * 6u);  // ip, alive, rtt_ms, ports, banners, evidence
  EXPECT_EQ(
      json_of(content.hosts.back(), run),
      R"({"ip":"10.0.31.255","alive":true,"rtt_ms":0.5,"ports":[22,443],"banners":{"22":"SSH-2.0-OpenSSH_9.3"}})");
}

}  // namespace
}  // namespace sonde::core
