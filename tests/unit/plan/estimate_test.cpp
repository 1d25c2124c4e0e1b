// Packets and time that a plan announces.
#include "plan/estimate.hpp"

#include "pipeline.hpp"
#include "plan/when.hpp"

namespace sonde::core {
namespace {

Estimate of(const std::string& yaml, Setting s = {}) {
  auto c = compile_text(yaml, s);
  EXPECT_NE(c.plan, nullptr) << c.said();
  return c.plan ? c.plan->estimate : Estimate{};
}

std::string pipeline(const std::string& targets, const std::string& stages, const std::string& more = "") {
  return "version: 1\ntargets: [" + targets + "]\nstages: " + stages + "\n" + more;
}

const std::string two = "[{use: writer, options: {tries: 3}}, {use: reader, options: {ports: \"22,80\"}}]";

/// Off-link targets: the stage that writes "link" has nothing to ask, the next asks all.
TEST(Estimate, RoutedTargets) {
  Estimate e = of(pipeline("10.7.0.0/24", two));
  ASSERT_EQ(e.stages.size(), 2u);
  EXPECT_EQ(e.stages[0].packets_if_silent, 0u);
  EXPECT_EQ(e.stages[1].packets_if_silent, 254u * 4);  // 2 x ports
  EXPECT_EQ(e.stages[1].packets_if_alive, 254u * 3);   // ports + 1
  EXPECT_EQ(e.packets_if_alive, 254u * 3);
}

/// On-link and silent: ARP asks three times, and later stages are spared.
TEST(Estimate, OnLinkTargetsThatArpAsksInVain) {
  Estimate e = of(pipeline("10.1.0.0/24", two));
  EXPECT_EQ(e.stages[0].packets_if_silent, 253u * 3);  // not this machine's own address
  EXPECT_EQ(e.stages[1].packets_if_silent, 4u);        // which alone is not on-link
  EXPECT_EQ(e.stages[0].packets_if_alive, 253u);
  EXPECT_EQ(e.stages[1].packets_if_alive, 254u * 3);
  Estimate distrusted = of(pipeline("10.1.0.0/24", two, "limits: {trust_arp: false}\n"));
  EXPECT_EQ(distrusted.stages[1].packets_if_silent, 254u * 4);
}

TEST(Estimate, WhenRulesStagesOut) {
  Estimate e =
      of(pipeline("10.1.0.0/24", "[{use: writer}, {use: reader, when: alive}]", "limits: {trust_arp: false}\n"));
  EXPECT_EQ(e.stages[1].packets_if_silent, 0u);
  EXPECT_EQ(e.stages[1].packets_if_alive, 254u * 2);
  Estimate part = of(pipeline("10.7.0.0/24", "[{use: writer}, {use: reader, when: ip in 10.7.0.0/25}]"));
  EXPECT_EQ(part.stages[1].packets_if_silent, 127u * 2);
  Estimate dead = of(pipeline("10.7.0.0/24", "[{use: writer}, {use: reader, when: not alive}]"));
  EXPECT_EQ(dead.stages[1].packets_if_alive, 0u);
  EXPECT_EQ(dead.stages[1].packets_if_silent, 254u * 2);
}

TEST(Estimate, DisabledStagesCostNothing) {
  EXPECT_EQ(of(pipeline("10.1.0.0/24", "[{use: \"null\"}, {use: writer, enabled: false}]")).stages.size(), 1u);
}

TEST(Estimate, DurationFollowsTheRate) {
  Estimate e = of(pipeline("10.7.0.0/24", two, "limits: {packets_per_second: 100}\n"));
  EXPECT_EQ(e.duration_if_alive, 254 * 3 * 10'000'000LL);
  EXPECT_EQ(e.duration_if_silent, 254 * 4 * 10'000'000LL);
  EXPECT_EQ(e.decided_by, "limits.packets_per_second (100)");
  EXPECT_EQ(of(pipeline("10.7.0.0/24", two, "limits: {packets_per_second: unlimited}\n")).duration_if_alive, 0);
}

/// Blocking: two workers, a second for each of 254 hosts; a host alone waits its second.
TEST(Estimate, DurationFollowsTheWindow) {
  Estimate e = of(pipeline("10.7.0.0/24", "[{use: sleepy, options: {delay: 1s}}]", "limits: {workers: 2}\n"));
  EXPECT_EQ(e.duration_if_silent, 127'000'000'000LL);
  EXPECT_EQ(e.decided_by, "limits.workers (2)");
  EXPECT_EQ(of(pipeline("10.7.0.1", "[{use: sleepy, options: {delay: 1s}}]")).duration_if_silent, 1'000'000'000LL);
}

/// Five connections of a second each to a silent host, as many at once as the pipeline permits.
TEST(Estimate, ConnectionsWaitSideBySide) {
  for (const auto& [limit, seconds] : {std::pair("1", 5), {"2", 3}, {"5", 1}, {"unlimited", 1}}) {
    auto c = compile_text(
        pipeline("10.7.0.1", "[{use: writer}, {use: reader, options: {ports: \"1-5\"}}]",
                 std::string("limits: {packets_per_second: unlimited, connections_per_host: ") + limit + "}\n"));
    ASSERT_NE(c.plan, nullptr) << c.said();
    PluginEntry connecting = *c.plan->stages[1].plugin;
    connecting.schema.cost =
        parse_json(R"({"silent":["ports"],"alive":["ports"],"wait":["ports",1000000000],"connections":["ports"]})")
            .value();
    c.plan->stages[1].plugin = &connecting;
    EXPECT_EQ(estimate(*c.plan).duration_if_silent, seconds * 1'000'000'000LL) << limit;
    // Packets over one connection follow each other, whatever is permitted.
    connecting.schema.cost =
        parse_json(R"({"silent":["ports"],"alive":["ports"],"wait":["ports",1000000000]})").value();
    EXPECT_EQ(estimate(*c.plan).duration_if_silent, 5'000'000'000LL) << limit;
  }
}

/// A program that asks the silent hosts of a batch in turn, as nmap: a batch takes the sum, and its deadline at most.
TEST(Estimate, HostsOfABatchWaitInTurn) {
  auto c = compile_text(pipeline("10.7.0.0/24", "[{use: sleepy}]", "limits: {workers: 2}\n"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  PluginEntry program = *c.plan->stages[0].plugin;
  program.max_batch = 32;
  c.plan->stages[0].plugin = &program;
  c.plan->stages[0].deadline = 600'000'000'000;
  const auto with = [&](const char* cost) {
    program.schema.cost = parse_json(cost).value();
    return estimate(*c.plan);
  };
  constexpr int64_t s = 1'000'000'000;
  // 254 hosts, 64 at once: 3.97 rounds.
  Estimate e = with(R"({"wait":[10000000000],"in_turn":true,"alive_wait":[20000000000]})");
  EXPECT_EQ(e.stages[0].if_silent.each, 320 * s);
  EXPECT_EQ(e.duration_if_silent, 1270 * s);
  EXPECT_FALSE(e.stages[0].if_silent.cut);
  EXPECT_EQ(e.stages[0].if_alive.each, 20 * s) << "those that answer wait side by side";
  EXPECT_EQ(e.duration_if_alive, 79'375'000'000LL);
  EXPECT_EQ(e.decided_by, "how many hosts the plugin sleepy takes at once (64)");
  EXPECT_EQ(with(R"({"wait":[10000000000]})").stages[0].if_silent.each, 10 * s) << "side by side unless it says else";
  e = with(R"({"wait":[100000000000],"in_turn":true})");
  EXPECT_EQ(e.stages[0].if_silent.each, 600 * s);
  EXPECT_TRUE(e.stages[0].if_silent.cut);
}

/// What this machine does not let start is not counted, and who would have been told by it asks by itself.
TEST(Estimate, SkippedStagesCostNothing) {
  auto c = compile_text(pipeline("10.7.0.0/24", "[{use: sleepy, optional: true, name: finder}, {use: sleepy}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  PluginEntry finder = *c.plan->stages[0].plugin, told = finder;
  finder.schema.cost = parse_json(R"({"silent":[4],"alive":[3]})").value();
  told.schema.cost = parse_json(R"({"silent":[10],"alive":[5],"most":[11],"spared_by":"ports"})").value();
  c.plan->stages[0].plugin = &finder;
  c.plan->stages[0].outputs = {FieldTable::ports};
  c.plan->stages[1].plugin = &told;
  Estimate e = estimate(*c.plan);
  ASSERT_EQ(e.stages.size(), 2u);
  EXPECT_EQ(e.packets_if_silent, 254u * 4);
  EXPECT_EQ(e.packets_if_alive, 254u * 8);
  const std::vector<std::string> unavailable = {"no rights", ""};
  e = estimate(*c.plan, unavailable);
  ASSERT_EQ(e.stages.size(), 1u);
  EXPECT_EQ(e.packets_if_silent, 254u * 10);
  EXPECT_EQ(e.packets_if_alive, 254u * 5);
  EXPECT_EQ(e.packets_at_most, 254u * 11);
  // One that is not optional keeps the run from starting: the numbers are those of where it does.
  c.plan->stages[0].optional = false;
  EXPECT_EQ(estimate(*c.plan, unavailable).packets_if_silent, 254u * 4);
}

TEST(Estimate, TheMostIsABound) {
  auto c = compile_text(
      pipeline("10.1.0.0/24", "[{use: writer}, {use: sleepy, when: not alive}]", "limits: {trust_arp: false}\n"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  PluginEntry first = *c.plan->stages[0].plugin, second = first;
  c.plan->stages[0].plugin = &first;
  c.plan->stages[1].plugin = &second;
  const auto with = [&](const char* of_first, const char* of_second) {
    first.schema.cost = parse_json(of_first).value();
    second.schema.cost = parse_json(of_second).value();
    return estimate(*c.plan);
  };
  // The larger of the two where nothing else is said; a stage for the silent alone counts as well.
  Estimate e = with(R"({"silent":[4],"alive":[1]})", R"({"silent":[2],"alive":[3]})");
  EXPECT_EQ(e.packets_if_alive, 253u);  // not this machine's own address
  EXPECT_EQ(e.stages[0].packets_at_most, 253u * 4);
  EXPECT_EQ(e.packets_at_most, 253u * 4 + 254u * 3);
  EXPECT_TRUE(e.not_contained.empty());
  EXPECT_FALSE(e.sampled);
  e = with(R"({"silent":[4],"alive":[1],"most":[9]})", R"({"silent":[2],"alive":[3],"open_ended":[1]})");
  EXPECT_EQ(e.packets_at_most, 253u * 9 + 254u * 3);
  EXPECT_EQ(e.not_contained, std::vector<std::string>{"sleepy"});
}

/// A stage that is told what to ask by an earlier one asks no more than that finds.
TEST(Estimate, TheMostOfWhatEarlierStagesFind) {
  auto c = compile_text(pipeline("10.7.0.0/24", "[{use: sleepy, name: finder}, {use: sleepy}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  c.plan->stages[1].options.set("ports", Value(Value::Array{Value(int64_t{22}), Value(int64_t{80})}));
  PluginEntry finder = *c.plan->stages[0].plugin, told = finder;
  finder.schema.cost = parse_json(R"({"silent":[200],"alive":[100]})").value();
  told.schema.cost =
      parse_json(R"({"silent":["ports"],"alive":["ports"],"most":["ports",2],"spared_by":"ports"})").value();
  c.plan->stages[0].plugin = &finder;
  c.plan->stages[0].outputs = {FieldTable::ports};
  c.plan->stages[1].plugin = &told;
  Estimate e = estimate(*c.plan);
  EXPECT_EQ(e.stages[1].packets_if_alive, 254u * 2);
  EXPECT_EQ(e.stages[1].packets_at_most, 254u * 100 * 2);
  EXPECT_TRUE(e.not_contained.empty());
  // How much a stage brings in that asks nobody is not known.
  finder.schema.cost = Value();
  e = estimate(*c.plan);
  EXPECT_EQ(e.stages[1].packets_at_most, 254u * 2 * 2);
  EXPECT_EQ(e.not_contained, std::vector<std::string>{"sleepy"});
}

TEST(Estimate, LargePlansAreSampled) {
  Estimate e = of(pipeline("10.0.0.0/9", two));
  const double expected = 8388606.0 * 4;
  EXPECT_NEAR(static_cast<double>(e.stages[1].packets_if_silent), expected, expected * 0.001);
  EXPECT_TRUE(e.sampled);
}

TEST(Estimate, AShardCostsItsPart) {
  Setting s;
  s.request.shard_count = 2;
  EXPECT_EQ(of(pipeline("10.7.0.0/24", two), s).packets_if_silent, 127u * 4);
}

}  // namespace
}  // namespace sonde::core
