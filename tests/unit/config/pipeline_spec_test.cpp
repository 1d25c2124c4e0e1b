// A pipeline file as a whole: what is taken over, and that every mistake is told at once and in its place.
#include "config/pipeline_spec.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "config/schema.hpp"
#include "problems.hpp"

namespace sonde::core {
namespace {

PipelineSpec load(std::string_view yaml, Diagnostics& out, const std::map<std::string, std::string>& env = {}) {
  return load_pipeline_text(yaml, "dir/lan.sonde.yaml", {}, env, out);
}

PipelineSpec loaded(std::string_view yaml, const std::map<std::string, std::string>& env = {}) {
  Diagnostics out;
  PipelineSpec spec = load(yaml, out, env);
  EXPECT_EQ(problems(out), Lines{});
  return spec;
}

Lines refused(std::string_view yaml) {
  Diagnostics out;
  load(yaml, out);
  return problems(out);
}

constexpr std::string_view full = R"(version: 1
name: inventory
targets: ["${CIDR:-127.0.0.1}", "10.0.0.1-9, printer.lan", "@hosts.txt", {use: nmap-xml, options: {path: a.xml}}]
exclude: 10.0.0.5
allow_public: true
limits: {packets_per_second: unlimited, hosts_in_flight: "${CONCURRENCY:-65536}", connections_per_host: 2, run_timeout: 1h, back_off: false, trust_arp: false}
stages:
  - {use: arp-oui, optional: true}
  - use: icmp
    name: ping
    when: not ports contains 22
    deadline: 5s
    options: {count: 2}
  - {use: snmp, enabled: false}
output_dir: results
outputs:
  - {use: json, options: {path: inventory.json}}
history: {dir: history, keep: 90d}
journal: {keep: 5}
)";

TEST(LoadPipeline, TakesEverythingOver) {
  const PipelineSpec s = loaded(full);
  EXPECT_EQ(s.file, "dir/lan.sonde.yaml");
  EXPECT_EQ(s.directory, "dir");
  EXPECT_EQ(s.name, "inventory");
  ASSERT_EQ(s.targets.size(), 4u);
  EXPECT_EQ(s.targets[0].text, "127.0.0.1");
  EXPECT_EQ(s.targets[1].text, "10.0.0.1-9, printer.lan");
  EXPECT_EQ(s.targets[3].use, "nmap-xml");
  EXPECT_EQ(to_json(s.targets[3].options), R"({"path":"a.xml"})");
  EXPECT_EQ(s.targets[2].where.column, 60u);
  ASSERT_EQ(s.exclude.size(), 1u);
  EXPECT_EQ(s.exclude[0].text, "10.0.0.5");
  EXPECT_TRUE(s.allow_public);
  EXPECT_FALSE(s.allow_print_ports);
  EXPECT_EQ(s.limits.packets_per_second, 0u);
  EXPECT_EQ(s.limits.hosts_in_flight, 65536u);
  EXPECT_EQ(s.limits.connections_per_host, 2u);
  EXPECT_EQ(s.limits.run_timeout, 3'600'000'000'000);
  EXPECT_FALSE(s.limits.back_off);
  EXPECT_FALSE(s.limits.trust_arp);
  EXPECT_EQ(*s.limits_value.find("packets_per_second")->text(), "unlimited");
  ASSERT_EQ(s.stages.size(), 3u);
  EXPECT_TRUE(s.stages[0].optional);
  EXPECT_EQ(s.stages[0].name, "arp-oui");
  EXPECT_EQ(s.stages[1].name, "ping");
  EXPECT_EQ(s.stages[1].when, "not ports contains 22");
  EXPECT_EQ(s.stages[1].when_where.whole().column, 11u);
  EXPECT_EQ(s.stages[1].deadline, 5'000'000'000);
  EXPECT_EQ(to_json(s.stages[1].options), R"({"count":2})");
  EXPECT_FALSE(s.stages[2].enabled);
  EXPECT_EQ(s.stages[2].use_where.line, 14u);
  EXPECT_EQ(s.output_dir, "results");
  ASSERT_EQ(s.outputs.size(), 1u);
  EXPECT_EQ(s.outputs[0].name, "json");
  EXPECT_EQ(s.history.dir, "history");
  EXPECT_EQ(s.history.keep_count, 0u);
  EXPECT_EQ(s.history.keep_age, 90LL * 86400 * 1'000'000'000);
  EXPECT_EQ(s.journal_keep, 5u);
}

TEST(LoadPipeline, HasDefaults) {
  const PipelineSpec s = loaded("version: 1\ntargets: 10.0.0.1\nstages: [{use: icmp}]\n");
  EXPECT_EQ(s.name, "lan");
  EXPECT_EQ(s.targets.size(), 1u);
  EXPECT_EQ(s.limits.packets_per_second, 1000u);
  EXPECT_EQ(s.limits.max_targets, 1u << 24);
  EXPECT_EQ(s.limits.run_timeout, 0);
  EXPECT_TRUE(s.limits.back_off);
  EXPECT_TRUE(s.limits.trust_arp);
  EXPECT_EQ(s.output_dir, "out");
  EXPECT_EQ(s.history.dir, "");
  EXPECT_EQ(s.journal_keep, 3u);
  EXPECT_EQ(s.limits_value.find("workers")->origin, Origin::schema_default);
}

TEST(LoadPipeline, HistoryKeepsACountToo) {
  const PipelineSpec s = loaded("version: 1\nhistory: {dir: h, keep: '${KEEP}'}\n", {{"KEEP", "30"}});
  EXPECT_EQ(s.history.keep_count, 30u);
  EXPECT_EQ(s.history.keep_age, 0);
  EXPECT_EQ(loaded("version: 1\nhistory: {dir: h}\n").history.keep_count, 90u);
}

TEST(LoadPipeline, ListsWithNothingLeftInThemAreEmpty) {
  const PipelineSpec s =
      loaded("version: 1\ntargets: 10.0.0.1\nexclude:\n  # - 10.0.0.2\nstages:\n  - use: icmp\n    options:\n");
  EXPECT_TRUE(s.exclude.empty());
  EXPECT_TRUE(s.stages.at(0).options.is_null());
}

TEST(LoadPipeline, FiveMistakesAreFiveErrorsInTheirPlaces) {
  Diagnostics out;
  load(R"(version: 1
targets: [10.0.0.1]
limits: {packets_per_second: fast}
stages:
  - use: icmp
    wehn: alive
    optional: yes
  - options: {ports: 22}
  - {use: rdns, options: [forward]}
)",
       out);
  EXPECT_EQ(problems(out),
            (Lines{"3:30 wrong-type: limits: key 'packets_per_second' takes a whole number from 1 to 1000000000 or "
                   "unlimited, found the text 'fast'",
                   "6:5 unknown-key: a stage has no key 'wehn'",
                   "7:15 wrong-type: a stage: key 'optional' takes true or false, found the text 'yes'",
                   "8:5 missing-key: a stage needs the key 'use'",
                   "9:26 wrong-type: 'options' takes a mapping, found a list"}));
  EXPECT_EQ(out.exit_code(), Exit::config);
  EXPECT_EQ(out.error_count(), 5u);
}

struct Row {
  const char* yaml;
  const char* line;
};
class Mistake : public testing::TestWithParam<Row> {};

TEST_P(Mistake, IsToldInItsPlace) {
  EXPECT_EQ(refused(GetParam().yaml), Lines{GetParam().line});
}

INSTANTIATE_TEST_SUITE_P(
    Shape, Mistake,
    testing::Values(
        Row{"targets: a\n", "1:1 missing-key: the pipeline file needs the key 'version'"},
        Row{"version: 2\n", "1:10 bad-version: the file is of version 2"},
        Row{"version: '1'\n",
            "1:10 wrong-type: the pipeline file: key 'version' takes a whole number, found the text '1'"},
        Row{"version: 1\ntargts: a\n", "2:1 unknown-key: the pipeline file has no key 'targts'"},
        Row{"version: 1\ntargets: 5\n",
            "2:10 wrong-type: the pipeline file: key 'targets' takes text or a list; each entry is text or a source, "
            "found "
            "the number 5"},
        Row{"version: 1\ntargets: [10.0]\n",
            "2:11 wrong-type: the pipeline file: an entry of key 'targets' takes text or a source, found the number "
            "10.0"},
        Row{"version: 1\ntargets: [{options: {a: 1}}]\n", "2:11 missing-key: a source needs the key 'use'"},
        Row{"version: 1\nexclude: [{use: x}]\n",
            "2:11 wrong-type: the pipeline file: an entry of key 'exclude' takes text, found a mapping"},
        Row{"version: 1\nlimits: {connections_per_host: 0}\n",
            "2:32 bad-value: limits: key 'connections_per_host' takes a whole number from 1 to 65535 or unlimited, "
            "found the number 0"},
        Row{"version: 1\nlimits: [1]\n", "2:9 wrong-type: limits takes a mapping, found a list"},
        Row{"version: 1\nlimits: {run_timeout: 60}\n",
            "2:23 bad-duration: limits: key 'run_timeout' takes a duration such as 800ms or 2s, found 60 without a "
            "unit"},
        Row{"version: 1\nstages: icmp\n",
            "2:9 wrong-type: the pipeline file: key 'stages' takes a list; each entry is a stage, found the text "
            "'icmp'"},
        Row{"version: 1\nstages: [icmp]\n", "2:10 wrong-type: a stage takes a mapping, found the text 'icmp'"},
        Row{"version: 1\nstages: [{use: ''}]\n", "2:16 bad-value: 'use' names no plugin"},
        Row{"version: 1\nstages: [{use: icmp, name: 'a b'}]\n", "2:28 bad-value: 'a b' is no name for a stage"},
        Row{"version: 1\nstages: [{use: icmp, name: limits}]\n", "2:28 bad-value: 'limits' is no name for a stage"},
        Row{"version: 1\nstages: [{use: icmp, deadline: 5us}]\n",
            "2:32 bad-value: a stage: key 'deadline' takes a duration of at least 1ms, found 5µs"},
        Row{"version: 1\nstages: [{use: icmp, when: true}]\n",
            "2:28 wrong-type: a stage: key 'when' takes text, found true"},
        Row{"version: 1\noutputs: [{use: json, when: alive}]\n", "2:23 unknown-key: an output has no key 'when'"},
        Row{"version: 1\nhistory: {keep: 90}\n", "2:10 missing-key: history needs the key 'dir'"},
        Row{"version: 1\nhistory: {dir: h, keep: 0}\n",
            "2:25 bad-value: history: key 'keep' takes a whole number from 1 to 1000000 or a duration of at least 1h, "
            "found the number 0"},
        Row{"version: 1\njournal: {keep: many}\n",
            "2:17 wrong-type: journal: key 'keep' takes a whole number from 1 to 10000, found the text 'many'"},
        Row{"just text\n", "1:1 wrong-type: the pipeline file takes a mapping, found the text 'just text'"},
        Row{"version: 1\nname: ${NAME}\n", "2:7 unset-variable: the variable NAME is not set"}));

TEST(LoadPipeline, HintsComeWithTheErrors) {
  Diagnostics out;
  load("version: 3\nstages: [{use: icmp, otional: true}]\n", out);
  ASSERT_EQ(out.items().size(), 2u);
  EXPECT_EQ(out.items()[0].hint,
            "did you mean 'optional'? keys: use, name, when, enabled, optional, deadline, options");
  EXPECT_EQ(out.items()[1].hint, "this sonde reads version 1");
}

TEST(LoadPipeline, AFileThatIsNoYamlGivesNothingToCompile) {
  Diagnostics out;
  EXPECT_EQ(load("stages: [\n", out).file, "");
  EXPECT_EQ(load("- version: 1\n", out).file, "");
  EXPECT_EQ(load("version: 2\n", out).file, "");
  EXPECT_EQ(out.error_count(), 3u);
}

TEST(LoadPipeline, UnsetVariablesMayBeAllowed) {
  Diagnostics out;
  Overrides overrides;
  overrides.allow_unset_env = true;
  const PipelineSpec s =
      load_pipeline_text("version: 1\ntargets: ['${CIDR}']\nlimits: {workers: '${W}\', run_timeout: '${T}s'}\n",
                         "t.yaml", overrides, {}, out);
  EXPECT_EQ(problems(out), Lines{});
  EXPECT_EQ(s.limits.workers, 64u);
  EXPECT_EQ(s.targets.at(0).text, "unset.invalid");
}

TEST(LoadPipeline, PipelineSchemaIsInItsOwnLanguage) {
  const auto schema = parse_core_schema(pipeline_schema());
  ASSERT_TRUE(schema.has_value()) << schema.error().text;
  EXPECT_EQ(schema->properties.size(), 13u);
}

class LoadPipelineFile : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(root_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(root_ + "/" + name) << text;
    return root_ + "/" + name;
  }
  std::string root_ = testing::TempDir() + "sonde-pipeline-XXXXXX";
  Diagnostics out_;
};

TEST_F(LoadPipelineFile, ReadsTheEnvFileBesideIt) {
  write(".env", "SONDE_TEST_WORKERS=7\n");
  const std::string path = write("a.sonde.yaml", "version: 1\nlimits: {workers: \"${SONDE_TEST_WORKERS:-9}\"}\n");
  EXPECT_EQ(load_pipeline(path, {}, out_).limits.workers, 7u);
  Overrides without;
  without.no_env_file = true;
  EXPECT_EQ(load_pipeline(path, without, out_).limits.workers, 9u);
  setenv("SONDE_TEST_WORKERS", "8", 1);
  EXPECT_EQ(load_pipeline(path, {}, out_).limits.workers, 8u);
  unsetenv("SONDE_TEST_WORKERS");
  EXPECT_EQ(problems(out_), Lines{});
}

TEST_F(LoadPipelineFile, AMissingOrHugeFileIsNamed) {
  load_pipeline(root_ + "/missing.yaml", {}, out_);
  ASSERT_EQ(out_.items().size(), 1u);
  EXPECT_EQ(out_.items()[0].id, "file-unreadable");
  EXPECT_EQ(out_.items()[0].text, "cannot read " + root_ + "/missing.yaml: No such file or directory");
  load_pipeline(write("huge.yaml", std::string((1u << 20) + 1, '#')), {}, out_);
  EXPECT_EQ(out_.items()[1].id, "config-too-large");
}

TEST_F(LoadPipelineFile, TheMessageShowsTheLine) {
  const std::string path = write("lan.yaml", "version: 1\nstages:\n  - use: icmp\n    wehn: alive\n");
  load_pipeline(path, {}, out_);
  EXPECT_EQ(out_.render_sorted(),
            path +
                ":4:5: error[unknown-key]: a stage has no key 'wehn'\n"
                "    4 |     wehn: alive\n"
                "      |     ^~~~ did you mean 'when'? keys: use, name, when, enabled, optional, deadline, options\n");
}

}  // namespace
}  // namespace sonde::core
