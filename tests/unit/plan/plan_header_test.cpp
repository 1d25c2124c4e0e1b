// What journals tell of a plan, and which stages of a file are not those that a journal tells of.
#include "plan/plan_header.hpp"

#include "pipeline.hpp"

namespace sonde::core {
namespace {

JournalHeader header_of(const std::string& yaml) {
  const Compiled c = compile_text(yaml);
  EXPECT_NE(c.plan, nullptr) << c.said();
  return c.plan ? journal_header(*c.plan, {}, "r", "2026-11-22T03:15:00Z") : JournalHeader{};
}

/// What the file that lies in another directory asks otherwise than those runs.
std::string changed(const std::string& yaml, const JournalHeader& runs) {
  Diagnostics out;
  PipelineSpec spec = load_pipeline_text(yaml, "lan.sonde.yaml", {}, {}, out);
  spec.directory = "/elsewhere";
  return changed_stages(spec, fixtures(), runs);
}

std::string with_file(const std::string& file) {
  return with_stages(
      "[{use: demanding, options: {flag: true, number: 5, real: 1, word: w, choice: maybe, wait: 2ms, size: 1KiB, "
      "ports: [22], net: 10.0.0.0/8, community: c, server: \"10.0.0.1:53\", list: [a], below: {name: n}, file: " +
      file + "}}]");
}

TEST(PlanHeader, PathsAreTheSameBelowAnotherDirectory) {
  const JournalHeader runs = header_of(with_file("lists/a.txt"));
  ASSERT_NE(runs.stage_details.at(0).asks.find(R"("file":"/pipelines/lists/a.txt")"), std::string::npos)
      << runs.stage_details[0].asks;
  EXPECT_EQ(changed(with_file("lists/a.txt"), runs), "");
  EXPECT_EQ(changed(with_file("/pipelines/lists/a.txt"), runs), "");
  const std::string told = "the option 'file' of stage 'demanding' differs";
  EXPECT_EQ(changed(with_file("lists/b.txt"), runs), told);
  EXPECT_EQ(changed(with_file("ists/a.txt"), runs), told);
  EXPECT_EQ(changed(with_file("/other/a.txt"), runs), told);
}

TEST(PlanHeader, DefaultsOfAnotherVersionAreNoChangeOfTheFile) {
  const std::string yaml = with_stages("[{use: writer}]"),
                    written = with_stages("[{use: writer, options: {tries: 3}}]"),
                    deadline = with_stages("[{use: writer, deadline: 3s}]");
  JournalHeader runs = header_of(yaml);
  ASSERT_EQ(changed(yaml, runs), "");
  // As one wrote it that tries more often, and waits for it.
  runs.stage_details[0].asks = R"({"when":"","deadline":99,"optional":false,"options":{"tries":9,"gone":1}})";
  EXPECT_NE(changed(yaml, runs), "") << "of one version, somebody wrote it";
  runs.stage_details[0].version = "0.0.1";
  EXPECT_EQ(changed(yaml, runs), "");
  EXPECT_EQ(changed(written, runs), "the option 'tries' of stage 'writer' differs");
  EXPECT_EQ(changed(deadline, runs), "'deadline' of stage 'writer' differs");
  EXPECT_EQ(changed(with_stages("[{use: writer, when: alive}]"), runs), "'when' of stage 'writer' differs");
}

/// What a hash covers and a journal does not tell could not be named when it differs, and the reverse.
TEST(PlanHeader, TellsOfAStageWhatTheHashCovers) {
  const auto compiled = [](const std::string& stage) {
    return compile_text(with_stages("[{use: writer}, " + stage + "]"));
  };
  const Compiled base = compiled("{use: reader, options: {token: one}}");
  const auto told = [](const Compiled& c) { return journal_header(*c.plan, {}, {}, {}).stage_details.at(1); };
  for (const char* same : {"{use: reader, options: {token: two}}"}) {
    const Compiled other = compiled(same);
    EXPECT_EQ(other.plan->hash, base.plan->hash) << same;
    EXPECT_EQ(told(other).asks, told(base).asks) << same;
  }
  for (const char* differs :
       {"{use: reader, when: alive, options: {token: one}}", "{use: reader, optional: true, options: {token: one}}",
        "{use: reader, deadline: 99s, options: {token: one}}", "{use: writer, name: reader}"}) {
    const Compiled other = compiled(differs);
    ASSERT_NE(other.plan, nullptr) << other.said();
    EXPECT_NE(other.plan->hash, base.plan->hash) << differs;
    EXPECT_NE(told(other).asks, told(base).asks) << differs;
  }
  const Compiled off = compiled("{use: reader, enabled: false, options: {token: one}}");
  EXPECT_NE(off.plan->hash, base.plan->hash);
  EXPECT_EQ(told(off).asks, told(base).asks);
  EXPECT_NE(told(off).enabled, told(base).enabled);
  // And each member that it tells counts: options of writer, one by one.
  const auto writer = [](const std::string& rest) { return compile_text(with_stages("[{use: writer" + rest + "}]")); };
  const Compiled one = writer(""), three = writer(", options: {tries: 3}, deadline: 3s"),
                 five = writer(", options: {tries: 5}, deadline: 3s");
  EXPECT_NE(three.plan->hash, five.plan->hash);
  EXPECT_NE(journal_header(*three.plan, {}, {}, {}).stage_details[0].asks,
            journal_header(*five.plan, {}, {}, {}).stage_details[0].asks);
  EXPECT_NE(one.plan->hash, three.plan->hash);
}

}  // namespace
}  // namespace sonde::core
