// Hosts of which a stage could learn nothing, since it failed or its server was silent: they are named in the run
// document, and what they had yesterday is neither lost nor back tomorrow.
#include <atomic>

#include "inventory/coverage.hpp"
#include "inventory/merge.hpp"
#include "scripted_run.hpp"

namespace sonde::core::test {
namespace {

class Unknown : public ScriptedRun {
 protected:
  void SetUp() override {
    ScriptedRun::SetUp();
    targets(4);
    plan.history.dir = directory_ / "history";
    Script alive;
    alive.start = [](auto c, auto h, auto tasks) {
      for (const sonde_task t : tasks) {
        const sonde_value yes = boolean(true);
        h->put(c, t, 0, {}, &yes);
        h->done(c, t, SONDE_POSITIVE);
      }
      return static_cast<int32_t>(tasks.size());
    };
    stage<0>(alive, {"alive"});
    Script names;
    names.start = [this](auto c, auto h, auto tasks) {
      for (const sonde_task t : tasks) {
        if (left_to_answer-- <= 0) {
          signal = 2;
          continue;  // hangs until it is cancelled
        }
        sonde_target to{};
        to.size = sizeof to;
        h->target(c, t, &to);
        const bool named = to.ip[15] >= silent;
        const sonde_value name = text_value("printer.lan");
        if (named) h->put(c, t, 0, {}, &name);
        h->done(c, t, named ? sonde_outcome{SONDE_POSITIVE} : silence);
      }
      return static_cast<int32_t>(tasks.size());
    };
    stage<1>(names, {"reverse_dns"}, 60'000);
  }
  void asks_a_server() {
    entry(1).schema = *parse_schema(R"({"type":"object","properties":{"servers":{"type":"array",)"
                                    R"("items":{"type":"string","x-sonde":"service"},"description":"servers"}}})");
  }
  static const StageCoverage& names_of(const RunDocument& d) { return d.stages.at(1); }
  static std::string told(const RunResult& r, const char* member) {
    const Value* found = r.document.delta ? r.document.delta->find(member) : nullptr;
    return found == nullptr ? "" : to_json(*found);
  }
  using Ranges = std::vector<std::string>;
  const Ranges two = {"127.0.1.0-127.0.1.1"};

  int silent = 0;  ///< addresses below this last octet have no name
  sonde_outcome silence = SONDE_NO_ANSWER;
  std::atomic<int> left_to_answer{1000}, signal{0};
};

TEST_F(Unknown, ASilentServerTakesNoNamesAndGivesNoneTheNextTime) {
  asks_a_server();
  const RunResult before = run_well();
  EXPECT_EQ(names_of(before.document).fields, (Ranges{"hostname", "reverse_dns"}));
  EXPECT_TRUE(names_of(before.document).asks_servers);
  EXPECT_TRUE(names_of(before.document).unknown.empty());
  silent = 2;
  const RunResult now = run_well();
  EXPECT_EQ(names_of(now.document).unknown, two);
  EXPECT_EQ(names_of(*read_run_document(plan.output_dir + "/run.json")).unknown, two);
  silent = 0;
  const RunResult after = run_well();
  for (const RunResult* r : {&now, &after}) {
    EXPECT_EQ(told(*r, "changed"), "[]");
    EXPECT_EQ(told(*r, "fields_not_known"), R"(["127.0.1.0","127.0.1.1"])");
  }
  EXPECT_FALSE(now.had_errors);
}

TEST_F(Unknown, AnErrorIsNoLossEither) {
  run_well();
  silent = 2;
  silence = SONDE_ERROR;
  const RunResult now = run_well();
  EXPECT_EQ(names_of(now.document).unknown, two);
  EXPECT_EQ(told(now, "changed"), "[]");
}

TEST_F(Unknown, TheSilenceOfTheTargetItselfIsAChange) {
  run_well();
  silent = 2;
  const RunResult now = run_well();
  EXPECT_FALSE(names_of(now.document).asks_servers);
  EXPECT_TRUE(names_of(now.document).unknown.empty());
  EXPECT_NE(told(now, "changed").find("reverse_dns"), std::string::npos);
  EXPECT_EQ(told(now, "fields_not_known"), "");
}

/// Whoever declares `alive` speaks with the target, through a server or not.
TEST_F(Unknown, SoIsThatOfAStageThatMayCallItAlive) {
  asks_a_server();
  plan.stages[1].outputs.push_back(FieldTable::alive);
  silent = 2;
  const RunResult now = run_well();
  EXPECT_FALSE(names_of(now.document).asks_servers);
  EXPECT_TRUE(names_of(now.document).unknown.empty());
}

TEST_F(Unknown, AServerThatSaysNoDoesKnow) {
  asks_a_server();
  run_well();
  silent = 2;
  silence = SONDE_NEGATIVE;
  const RunResult now = run_well();
  EXPECT_TRUE(names_of(now.document).unknown.empty());
  EXPECT_NE(told(now, "changed").find("reverse_dns"), std::string::npos);
}

TEST_F(Unknown, AResumedRunNamesThoseOfItsEarlierPartToo) {
  asks_a_server();
  silent = 256;
  left_to_answer = 2;
  RunRequest request;
  request.stop_signal = &signal;
  const RunResult cut = run_well(request);
  EXPECT_EQ(count(cut, 1, Outcome::no_answer), 2u);
  auto journal = read_journal(cut.journal);
  ASSERT_TRUE(journal.has_value());
  left_to_answer = 1000;
  RunRequest again;
  again.resume = &*journal;
  again.journal_path = cut.journal;
  const RunResult whole = run_well(again);
  EXPECT_TRUE(whole.document.complete);
  EXPECT_EQ(names_of(whole.document).unknown, Ranges{"127.0.1.0-127.0.1.3"});
}

TEST_F(Unknown, PartsThatAreMergedNameThoseOfTheWhole) {
  asks_a_server();
  silent = 3;
  const RunResult once = run_well();
  EXPECT_EQ(names_of(once.document).unknown, Ranges{"127.0.1.0-127.0.1.2"});
  const std::string base = plan.output_dir;
  std::vector<RunRemains> runs;
  for (uint32_t i = 0; i < 2; ++i) {
    plan.output_dir = base + "/" + std::to_string(i);
    plan.slice = part_of(Slice{0, 4}, i, 2);
    plan.shard_index = i;
    plan.shard_count = 2;
    run_well();
    runs.push_back(*read_run(plan.output_dir));
  }
  auto merged = merge_runs(std::move(runs));
  ASSERT_TRUE(merged) << render(merged.error());
  EXPECT_EQ(names_of(merged->document).fields, names_of(once.document).fields);
  EXPECT_TRUE(names_of(merged->document).asks_servers);
  name_gaps(merged->document, merged->stage_names, merged->hosts);
  EXPECT_EQ(names_of(merged->document).unknown, names_of(once.document).unknown);
}

}  // namespace
}  // namespace sonde::core::test
