// --set, --target and --output on top of a file.
#include <gtest/gtest.h>

#include "config/pipeline_spec.hpp"
#include "problems.hpp"

namespace sonde::core {
namespace {

constexpr const char* file =
    "version: 1\n"
    "targets: [10.0.0.1]\n"
    "limits: {workers: 8}\n"
    "stages:\n"
    "  - {use: icmp, options: {count: 2}}\n"
    "  - {use: tcp-banner, name: web}\n"
    "outputs:\n"
    "  - {use: json, options: {path: a.json}}\n"
    "  - {use: csv}\n"
    "  - {use: csv}\n";

struct Loaded {
  PipelineSpec spec;
  Diagnostics out;
};

Loaded load(std::vector<std::pair<std::string, std::string>> sets, const char* text = file) {
  Loaded loaded;
  Overrides overrides;
  overrides.sets = std::move(sets);
  loaded.spec = load_pipeline_text(text, "t.yaml", overrides, {}, loaded.out);
  return loaded;
}

TEST(Set, ChangesAnOptionAndKeepsTheOthers) {
  const Loaded l = load({{"icmp.timeout", "2s"}, {"icmp.count", "5"}});
  EXPECT_EQ(problems(l.out), Lines{});
  EXPECT_EQ(to_json(l.spec.stages[0].options), R"({"count":"5","timeout":"2s"})");
  const Value* count = l.spec.stages[0].options.find("count");
  EXPECT_EQ(count->origin, Origin::command_line);
  EXPECT_TRUE(count->untyped);
  EXPECT_EQ(count->where.file, "--set icmp.count");
}

TEST(Set, GoesByTheNameOfAStage) {
  const Loaded l = load({{"web.ports", "80,443"}});
  EXPECT_EQ(to_json(l.spec.stages[1].options), R"({"ports":"80,443"})");
}

TEST(Set, ReachesOutputsAndNestedOptions) {
  const Loaded l = load({{"json.path", "b.json"}, {"web.tls.alpn", "h2"}, {"web.tls.on", "true"}});
  EXPECT_EQ(problems(l.out), Lines{});
  EXPECT_EQ(to_json(l.spec.outputs[0].options), R"({"path":"b.json"})");
  EXPECT_EQ(to_json(l.spec.stages[1].options), R"({"tls":{"alpn":"h2","on":"true"}})");
}

TEST(Set, LimitsAreTypedByTheSchemaOfTheFile) {
  const Loaded l =
      load({{"limits.workers", "16"}, {"limits.packets_per_second", "unlimited"}, {"limits.run_timeout", "1h"}});
  EXPECT_EQ(problems(l.out), Lines{});
  EXPECT_EQ(l.spec.limits.workers, 16u);
  EXPECT_EQ(l.spec.limits.packets_per_second, 0u);
  EXPECT_EQ(l.spec.limits.run_timeout, 3'600'000'000'000);
  EXPECT_EQ(l.spec.limits_value.find("workers")->origin, Origin::command_line);
  EXPECT_EQ(l.spec.limits_value.find("shards")->origin, Origin::schema_default);
}

TEST(Set, LimitsWorkWithoutAnyInTheFile) {
  const Loaded l = load({{"limits.workers", "16"}}, "version: 1\n");
  EXPECT_EQ(problems(l.out), Lines{});
  EXPECT_EQ(l.spec.limits.workers, 16u);
}

/// Not the default in silence: in a file an interpolation may come to nothing, but who writes --set means something.
TEST(Set, AnEmptyValueIsRefused) {
  const Loaded l = load({{"limits.shards", ""}, {"limits.packets_per_second", ""}, {"limits.run_timeout", ""}});
  EXPECT_EQ(problems(l.out),
            (Lines{"0:0 bad-value: limits: key 'shards' takes a whole number from 0 to 256, found nothing",
                   "0:0 bad-value: limits: key 'packets_per_second' takes a whole number from 1 to 1000000000 or "
                   "unlimited, found nothing",
                   "0:0 bad-value: limits: key 'run_timeout' takes a duration such as 800ms or 2s, found nothing"}));
}

TEST(Set, MistakesAreNamed) {
  const Loaded l = load({{"imcp.count", "1"},
                         {"limits.worker", "1"},
                         {"limits.workers", "many"},
                         {"limits.shards", "999"},
                         {"icmp", "1"},
                         {"icmp.", "1"},
                         {".count", "1"},
                         {"icmp.count.x", "1"},
                         {"csv.path", "x"}});
  EXPECT_EQ(problems(l.out),
            (Lines{"0:0 bad-argument: 'icmp' names no option", "0:0 bad-argument: 'icmp.' names no option",
                   "0:0 bad-argument: '.count' names no option",
                   "0:0 wrong-type: limits: key 'workers' takes a whole number from 1 to 1024, found the text 'many'",
                   "0:0 unknown-key: limits has no key 'worker'",
                   "0:0 bad-value: limits: key 'shards' takes a whole number from 0 to 256, found 999",
                   "0:0 unknown-stage: the pipeline has no stage or output 'imcp'",
                   "0:0 wrong-type: 'icmp.count.x' goes through an option that is no mapping",
                   "0:0 unknown-stage: 2 outputs are called 'csv'"}));
  EXPECT_EQ(l.out.items()[6].hint, "did you mean 'icmp'? names: limits, icmp, web, json, csv, csv");
  EXPECT_EQ(l.out.items()[4].where.file, "--set limits.worker");
}

TEST(Set, AValueIsLiteral) {
  const Loaded l = load({{"icmp.name", "${HOME}"}});
  EXPECT_EQ(problems(l.out), Lines{});
  EXPECT_EQ(to_json(l.spec.stages[0].options), R"({"count":2,"name":"${HOME}"})");
}

TEST(Target, ReplacesTheTargetsOfTheFile) {
  Diagnostics out;
  Overrides overrides;
  overrides.targets = {"192.0.2.1", "192.0.2.2 192.0.2.3"};
  overrides.output_dir = "elsewhere";
  const PipelineSpec spec = load_pipeline_text(file, "t.yaml", overrides, {}, out);
  ASSERT_EQ(spec.targets.size(), 2u);
  EXPECT_EQ(spec.targets[0].text, "192.0.2.1");
  EXPECT_EQ(spec.targets[0].where.file, "--target");
  EXPECT_EQ(spec.output_dir, "elsewhere");
}

}  // namespace
}  // namespace sonde::core
