// Stages of a plan: plugins, options, names, fields, `when`, deadlines, printer ports, secrets.
#include "pipeline.hpp"

namespace sonde::core {
namespace {

TEST(PlanStages, InOrderWithTheirOptions) {
  auto c = compile_text(
      with_stages("[{use: \"null\", options: {batch: 8}}, {use: sleepy, name: nap, options: {delay: 2s}}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  ASSERT_EQ(c.plan->stages.size(), 2u);
  EXPECT_EQ(c.plan->stages[0].name, "null");
  EXPECT_EQ(c.plan->stages[1].name, "nap");
  EXPECT_EQ(c.plan->stages[1].plugin->id, "sleepy");
  EXPECT_EQ(*c.plan->stages[1].options.find("delay")->integer(), 2'000'000'000);
  EXPECT_EQ(c.plan->stages[1].outputs.size(), 2u);
  EXPECT_EQ(c.plan->fields[c.plan->stages[1].outputs[0]].name, "sleepy.worker");
  FoldContext context = c.plan->fold_context();
  EXPECT_EQ(context.stage_plugins, (std::vector<std::string>{"null", "sleepy"}));
}

TEST(PlanStages, DeadlineIsTheTimeoutAndTheExpectedWait) {
  auto c = compile_text(
      with_stages("[{use: sleepy, options: {delay: 3s}}, {use: sleepy, name: b, deadline: 5s}, {use: \"null\"}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->stages[0].deadline, 4'000'000'000);
  EXPECT_EQ(c.plan->stages[1].deadline, 5'000'000'000);
  EXPECT_EQ(c.plan->stages[2].deadline, 1'000'000'000);
}

TEST(PlanStages, MistakesAreToldTogether) {
  auto c = compile_text(
      with_stages("[{use: nul}, {use: sleepy, options: {dealy: 1s}}, {use: sleepy, options: {delay: soon}}]"));
  EXPECT_EQ(c.plan, nullptr);
  EXPECT_EQ(c.text_of("plugin-missing"), "there is no probe 'nul'");
  EXPECT_NE(c.find("unknown-option"), nullptr) << c.said();
  EXPECT_NE(c.find("duplicate-stage"), nullptr) << c.said();
  EXPECT_GE(c.out.error_count(), 4u) << c.said();
}

TEST(PlanStages, OneNameTwice) {
  auto c = compile_text(with_stages("\n  - {use: \"null\"}\n  - {use: \"null\"}"));
  EXPECT_EQ(c.text_of("duplicate-stage"), "there is a stage 'null' already, in line 4");
  EXPECT_EQ(c.find("duplicate-stage")->where.line, 5u);
}

TEST(PlanStages, DisabledOnesMayNameWhatIsNotInstalled) {
  auto c = compile_text(with_stages("[{use: \"null\"}, {use: snmp, enabled: false}, {use: sleepy, enabled: false}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  ASSERT_EQ(c.plan->stages.size(), 2u);
  EXPECT_FALSE(c.plan->stages[1].enabled);
}

TEST(PlanStages, NoneEnabled) {
  EXPECT_EQ(compile_text(with_stages("[{use: \"null\", enabled: false}]")).text_of("no-stages"),
            "no stage of the pipeline is enabled");
}

TEST(PlanStages, MoreThan255) {
  std::string list;
  for (int i = 0; i < 256; ++i) list += "{use: \"null\", name: n" + std::to_string(i) + "},";
  EXPECT_EQ(compile_text(with_stages("[" + list + "]")).text_of("plan-too-many-stages"),
            "256 stages, at most 255 are possible");
}

TEST(PlanStages, ARequiredFieldComesFromAnEarlierStage) {
  auto good = compile_text(with_stages("[{use: writer}, {use: reader}]"));
  ASSERT_NE(good.plan, nullptr) << good.said();
  EXPECT_EQ(good.plan->stages[1].inputs, (std::vector<FieldId>{FieldTable::mac, no_field}));

  auto late = compile_text(with_stages("[{use: reader}, {use: writer}]"));
  EXPECT_EQ(late.text_of("field-missing"), "stage 'reader' needs 'mac', and no earlier stage writes it");
  EXPECT_EQ(late.hint_of("field-missing"), "stage 'writer' writes it: move it before this one");

  auto off = compile_text(with_stages("[{use: writer, enabled: false}, {use: reader}]"));
  EXPECT_EQ(off.hint_of("field-missing"), "stage 'writer' writes it, but is not enabled");

  auto none = compile_text(with_stages("[{use: reader}]"));
  EXPECT_EQ(none.hint_of("field-missing"), "add a stage before it that writes it: writer");
  EXPECT_EQ(none.find("field-missing")->where.line, 3u);
}

TEST(PlanStages, WhenNeedsItsFields) {
  auto good = compile_text(with_stages("[{use: writer}, {use: \"null\", when: alive and mac}]"));
  ASSERT_NE(good.plan, nullptr) << good.said();
  EXPECT_EQ(good.plan->stages[1].when_text, "alive and mac");
  EXPECT_TRUE(good.out.items().empty()) << good.said();

  auto missing = compile_text(with_stages("[{use: \"null\", when: alive}, {use: sleepy}]"));
  EXPECT_EQ(missing.text_of("field-missing"),
            "stage 'null' asks for 'alive' in its `when`, and no earlier stage writes it");
  auto own = compile_text(with_stages("[{use: \"null\", when: sleepy.worker == 1}, {use: sleepy}]"));
  EXPECT_EQ(own.hint_of("field-missing"), "stage 'sleepy' writes it: move it before this one");
  auto itself = compile_text(with_stages("[{use: sleepy, when: sleepy.worker == 1}]"));
  EXPECT_EQ(itself.hint_of("field-missing"), "add a stage before it that writes it: sleepy");
  auto slip = compile_text(with_stages("[{use: \"null\", when: snmp.sysNam contains lan}]"));
  EXPECT_EQ(slip.text_of("unknown-part"), "stage 'null' in its `when`: 'snmp' probably has no part 'sysNam'");
  EXPECT_EQ(slip.hint_of("unknown-part"), "did you mean 'snmp.sysName'?");
  EXPECT_EQ(slip.find("unknown-part")->where.column, 30u);
  EXPECT_EQ(compile_text(with_stages("[{use: \"null\", when: hostname contains lan}]")).said(), "");
}

TEST(PlanStages, WhenMistakesHaveTheirColumn) {
  auto c = compile_text(with_stages("\n  - {use: writer}\n  - use: \"null\"\n    when: alive andd mac"));
  ASSERT_NE(c.find("when-syntax"), nullptr) << c.said();
  EXPECT_EQ(c.find("when-syntax")->where.line, 6u);
  EXPECT_EQ(c.find("when-syntax")->where.column, 17u);
}

TEST(PlanStages, WhenAliveBeforeAStageThatFindsMore) {
  auto c = compile_text(with_stages("[{use: writer}, {use: \"null\", when: alive}, {use: writer, name: again}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  ASSERT_NE(c.find("plan-when-early"), nullptr);
  EXPECT_EQ(c.find("plan-when-early")->severity, Severity::warning);
  EXPECT_EQ(c.hint_of("plan-when-early"), "move stage 'null' behind 'again'");
}

TEST(PlanStages, AssumeUpNeedsNobodyToWriteAlive) {
  auto c = compile_text(with_stages("[{use: \"null\", when: alive}]", "assume_up: true\n"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_TRUE(c.plan->stages[0].when->test(ip("10.1.0.1"), {}));
}

std::vector<uint64_t> ports_of(const Value& options) {
  std::vector<uint64_t> out;
  for (const Value& v : *options.find("ports")->array()) out.push_back(*v.unsigned_integer());
  return out;
}

TEST(PlanStages, PrinterPortsAreLeftOut) {
  auto c = compile_text(with_stages("[{use: writer}, {use: reader, options: {ports: \"80,515,9099-9108\"}}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(ports_of(c.plan->stages[1].options), (std::vector<uint64_t>{80, 9099, 9108}));
  EXPECT_EQ(c.text_of("print-ports"),
            "stage 'reader': printer ports of 'ports' are left out: 515, 9100, 9101, 9102, "
            "9103, 9104, 9105, 9106, 9107");
  EXPECT_EQ(c.find("print-ports")->severity, Severity::warning);

  auto alone = compile_text(with_stages("[{use: writer}, {use: reader, options: {ports: 9100}}]"));
  EXPECT_EQ(alone.text_of("print-ports"), "stage 'reader': 'ports' holds printer ports alone: 9100");
  Setting setting;
  setting.overrides.sets = {{"reader.ports", "9100"}};
  const auto set = compile_text(with_stages("[{use: writer}, {use: reader}]"), setting);
  ASSERT_NE(set.find("print-ports"), nullptr) << set.said();
  EXPECT_EQ(set.find("print-ports")->where.file, "--set reader.ports");
  EXPECT_EQ(alone.find("print-ports")->severity, Severity::error);

  auto allowed =
      compile_text(with_stages("[{use: writer}, {use: reader, options: {ports: 9100}}]", "allow_print_ports: true\n"));
  ASSERT_NE(allowed.plan, nullptr) << allowed.said();
  EXPECT_EQ(ports_of(allowed.plan->stages[1].options), std::vector<uint64_t>{9100});
}

TEST(PlanStages, ThePortsThatOptionsName) {
  auto c = compile_text(with_stages("[{use: writer}, {use: reader, options: {ports: \"80,515,8000-8002\"}}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(port_options(c.plan->stages[1]).ports, (std::vector<uint16_t>{80, 8000, 8001, 8002}));
  EXPECT_FALSE(port_options(c.plan->stages[1]).by_word);
  EXPECT_TRUE(port_options(c.plan->stages[0]).ports.empty());
}

TEST(PlanStages, ACleartextSecretForEverybodyIsWarnedOf) {
  auto c = compile_text(with_stages("[{use: writer}, {use: reader, options: {pin: hunter2}}]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.text_of("plan-secret-to-all"),
            "stage 'reader' sends 'pin' in the clear to every target, whoever answers there");
  EXPECT_EQ(c.find("plan-secret-to-all")->severity, Severity::warning);
  EXPECT_EQ(c.find("plan-secret-to-all")->where.line, 3u);
  EXPECT_EQ(c.said().find("hunter2"), std::string::npos);

  EXPECT_EQ(compile_text("version: 1\ntargets: [10.0.0.1]\nstages: [{use: writer}, {use: reader, options: {pin: x}}]\n")
                .said(),
            "")
      << "one target that is named is one that is meant";

  const char* chosen = "[{use: writer}, {use: reader, when: alive, options: {pin: hunter2}}]";
  EXPECT_EQ(compile_text(with_stages(chosen)).said(), "");
  EXPECT_NE(compile_text(with_stages(chosen, "assume_up: true\n")).find("plan-secret-to-all"), nullptr);
  for (const char* harmless : {"[{use: writer}, {use: reader, options: {token: hunter2}}]",
                               "[{use: writer}, {use: reader, options: {pin: \"\"}}]",
                               "[{use: writer}, {use: reader, enabled: false, options: {pin: hunter2}}]"})
    EXPECT_EQ(compile_text(with_stages(harmless)).said(), "") << harmless;
}

TEST(PlanStages, SecretsDoNotComeByTheCommandLine) {
  Setting s;
  s.overrides.sets = {{"reader.token", "hunter2"}};
  auto c = compile_text(with_stages("[{use: writer}, {use: reader}]"), s);
  EXPECT_EQ(c.plan, nullptr);
  EXPECT_EQ(c.text_of("secret-on-command-line"),
            "--set reader.token: this option is a secret, and every user of this machine can read command lines");
  EXPECT_EQ(c.said().find("hunter2"), std::string::npos);
  EXPECT_NE(compile_text(with_stages("[{use: writer}, {use: reader, options: {token: x}}]")).plan, nullptr);
}

}  // namespace
}  // namespace sonde::core
