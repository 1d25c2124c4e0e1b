// Whom a stage left out or knows nothing of, as the document of a run names them: few ranges, however many hosts.
#include "inventory/coverage.hpp"

#include <gtest/gtest.h>

#include "temporary.hpp"

namespace sonde::core {
namespace {

class LeftOut : public ::testing::Test {
 protected:
  /// Every second address, from 10.0.0.0 on, which the `when` of each stage left out; the others were asked.
  void hosts(uint32_t n) {
    const std::vector<Outcome> out(run_.stages.size(), Outcome::skipped_when), in(out.size(), Outcome::positive);
    for (uint32_t i = 0; i < n; ++i) {
      hosts_.add(IpAddress::v4(0x0a000000 + 2 * i), {}, out);
      hosts_.add(IpAddress::v4(0x0a000000 + 2 * i + 1), {}, in);
    }
    hosts_.sort();
  }
  void stages(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      StageCoverage& stage = run_.stages.emplace_back();
      stage.name = "stage-" + std::to_string(i);
      stage.ports = "22";
      stage.by_outcome[static_cast<std::size_t>(Outcome::skipped_when)] = 1;
      names_.push_back(stage.name);
    }
  }
  RunDocument run_;
  HostStore hosts_;
  std::vector<std::string> names_;
};

TEST_F(LeftOut, IsNamedRangeByRangeWhereThoseAreFew) {
  stages(1);
  hosts(3);
  name_gaps(run_, names_, hosts_, 3);
  EXPECT_EQ(run_.stages[0].left_out, (std::vector<std::string>{"10.0.0.0", "10.0.0.2", "10.0.0.4"}));
}

TEST_F(LeftOut, NeighboursAreJoinedWhereRangesAreMany) {
  stages(2);
  hosts(5);
  hosts_.add(IpAddress::parse("2001:db8::1").value(), {}, std::vector(2, Outcome::skipped_when));
  hosts_.sort();
  name_gaps(run_, names_, hosts_, 6);
  for (const StageCoverage& stage : run_.stages)
    EXPECT_EQ(stage.left_out,
              (std::vector<std::string>{"10.0.0.0-10.0.0.2", "10.0.0.4-10.0.0.6", "10.0.0.8", "2001:db8::1"}));
  // All that were left out are in it, and what lies between is not said to have been asked.
  const AskedPorts asked(run_);
  hosts_.each_address([&](const IpAddress& ip) {
    EXPECT_EQ(asked.contains(ip, 22),
              ip.to_string() == "10.0.0.3" || ip.to_string() == "10.0.0.7" || ip.to_string() == "10.0.0.9")
        << ip.to_string();
  });
}

TEST_F(LeftOut, OfTheMostStagesAndManyHostsIsReadBack) {
  const Temporary directory;
  stages(255);
  hosts(2000);
  run_.run_id = "r";
  name_gaps(run_, names_, hosts_);
  std::size_t ranges = 0;
  for (const StageCoverage& stage : run_.stages) ranges += stage.left_out.size();
  EXPECT_LE(ranges, most_gap_ranges);
  EXPECT_GE(ranges, most_gap_ranges / 2);
  const auto read = read_run_document(directory.write("run.json", to_json(run_, 2)));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->stages.back().left_out, run_.stages.back().left_out);
}

/// Three hosts, one of an error, one without an answer, one with an answer that says no.
class Unknown : public ::testing::Test {
 protected:
  void SetUp() override {
    const Outcome outcomes[] = {Outcome::error, Outcome::no_answer, Outcome::negative};
    for (uint32_t i = 0; i < 3; ++i) hosts_.add(IpAddress::v4(0x0a000000 + i), {}, std::span(&outcomes[i], 1));
    hosts_.sort();
    stage_.name = "names";
    stage_.fields = {"reverse_dns"};
    for (const Outcome o : outcomes) stage_.by_outcome[static_cast<std::size_t>(o)] = 1;
  }
  std::vector<std::string> unknown() {
    RunDocument run;
    run.stages = {stage_};
    name_gaps(run, {"names"}, hosts_);
    EXPECT_TRUE(run.stages[0].left_out.empty());
    return run.stages[0].unknown;
  }
  using Ranges = std::vector<std::string>;
  StageCoverage stage_;
  HostStore hosts_;
};

TEST_F(Unknown, IsWhereAStageEndedInAnError) {
  EXPECT_EQ(unknown(), Ranges{"10.0.0.0"});
}
TEST_F(Unknown, IsWhereAServerGaveNoAnswerToo) {
  stage_.asks_servers = true;
  EXPECT_EQ(unknown(), Ranges{"10.0.0.0-10.0.0.1"});
}
TEST_F(Unknown, ErrorsOfAStageThatProbesPortsAreNamedElsewhere) {
  stage_.ports = "22";
  EXPECT_EQ(unknown(), Ranges{});
  stage_.asks_servers = true;
  EXPECT_EQ(unknown(), Ranges{"10.0.0.1"});
}
TEST_F(LeftOut, OfAStageWithoutPortsIsWhomItsWhenLeftOut) {
  stages(1);
  run_.stages[0].ports.reset();
  run_.stages[0].fields = {"snmp"};
  const Outcome outcomes[] = {Outcome::skipped_when, Outcome::skipped_nothing_to_ask};
  for (uint32_t i = 0; i < 2; ++i) hosts_.add(IpAddress::v4(0x0a000000 + i), {}, std::span(&outcomes[i], 1));
  hosts_.sort();
  for (const Outcome o : outcomes) run_.stages[0].by_outcome[static_cast<std::size_t>(o)] = 1;
  name_gaps(run_, names_, hosts_);
  EXPECT_EQ(run_.stages[0].left_out, std::vector<std::string>{"10.0.0.0"});
}

TEST_F(Unknown, IsNobodyOfAStageThatStatesNothing) {
  stage_.fields.clear();
  EXPECT_EQ(unknown(), Ranges{});
}
TEST_F(Unknown, SharesTheBoundOfThoseWhoWereLeftOut) {
  RunDocument run;
  run.stages = {stage_, stage_};
  run.stages[1].name = "ports";
  run.stages[1].ports = "22";
  run.stages[1].by_outcome[static_cast<std::size_t>(Outcome::skipped_when)] = 1;
  HostStore hosts;
  const Outcome apart[] = {Outcome::error, Outcome::skipped_when}, known[] = {Outcome::positive, Outcome::positive};
  for (uint32_t i = 0; i < 8; ++i) hosts.add(IpAddress::v4(0x0a000000 + i), {}, i % 2 == 0 ? apart : known);
  hosts.sort();
  name_gaps(run, {"names", "ports"}, hosts, 4);
  EXPECT_EQ(run.stages[0].unknown, (Ranges{"10.0.0.0-10.0.0.2", "10.0.0.4-10.0.0.6"}));
  EXPECT_EQ(run.stages[1].left_out, run.stages[0].unknown);
}

}  // namespace
}  // namespace sonde::core
