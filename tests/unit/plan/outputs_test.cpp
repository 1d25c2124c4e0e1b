// Outputs of a plan: paths, hosts, columns.
#include "pipeline.hpp"

#include <unistd.h>

#include <filesystem>

namespace sonde::core {
namespace {

Compiled with_outputs(const std::string& outputs, const std::string& more = "",
                      const std::string& stages = "[{use: writer}]") {
  return compile_text(with_stages(stages, "output_dir: /results\noutputs: " + outputs + "\n" + more));
}

TEST(PlanOutputs, PathsAreAbsoluteBelowTheDirectory) {
  auto c = with_outputs(
      "[{use: fixture-lines, options: {path: a.txt}}, {use: fixture-stream, options: {path: sub/../b.txt}},"
      " {use: fixture-lines, name: x, options: {path: /elsewhere/c.txt}}]",
      "history: {dir: old}\n");
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->output_dir, "/results");
  EXPECT_EQ(c.plan->history.dir, "/results/old");
  ASSERT_EQ(c.plan->outputs.size(), 3u);
  EXPECT_EQ(*c.plan->outputs[0].options.find("path")->text(), "/results/a.txt");
  EXPECT_EQ(*c.plan->outputs[1].options.find("path")->text(), "/results/b.txt");
  EXPECT_EQ(*c.plan->outputs[2].options.find("path")->text(), "/elsewhere/c.txt");
  EXPECT_FALSE(c.plan->outputs[0].streaming);
  EXPECT_TRUE(c.plan->outputs[1].streaming);
  EXPECT_EQ(c.plan->outputs[0].hosts, HostFilter::responding);
}

TEST(PlanOutputs, TheDirectoryIsRelativeToTheWorkingDirectory) {
  auto c = compile_text(with_stages("[{use: writer}]", "output_dir: out/\n"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->output_dir, (std::filesystem::current_path() / "out").string());
}

TEST(PlanOutputs, OnePathTwice) {
  auto c =
      with_outputs("[{use: fixture-lines, options: {path: a.txt}}, {use: fixture-stream, options: {path: ./a.txt}}]");
  EXPECT_EQ(c.text_of("duplicate-output"), "output 'fixture-lines' writes /results/a.txt already");
  auto document = with_outputs("[{use: fixture-lines, options: {path: run.json}}]");
  EXPECT_EQ(document.text_of("duplicate-output"), "the run document writes /results/run.json already");
}

/// Where what --set says of the outputs is told.
TEST(PlanOutputs, WhatTheCommandLineSaysIsToldThere) {
  const auto place = [](const std::string& key, const std::string& text, const std::string& outputs) {
    Setting setting;
    setting.overrides.sets = {{key, text}};
    const auto c = compile_text(with_stages("[{use: writer, name: w}]",
                                            "output_dir: /results\nhistory: {dir: old}\n"
                                            "outputs: " +
                                                outputs + "\n"),
                                setting);
    const auto& items = c.out.items();
    return items.size() == 1 ? items[0].id + " at " + items[0].where.file : c.said();
  };
  const std::string one = "[{use: fixture-lines, name: a, options: {path: a.txt}}]";
  const std::string two =
      "[{use: fixture-lines, name: a, options: {path: a.txt}}, "
      "{use: fixture-lines, name: b, options: {path: b.txt}}]";
  EXPECT_EQ(place("a.path", "/tmp", one), "output-unwritable at --set a.path");
  EXPECT_EQ(place("a.path", "old/2026-11-22.json", one), "duplicate-output at --set a.path");
  EXPECT_EQ(place("a.path", "run.json", one), "duplicate-output at --set a.path");
  EXPECT_EQ(place("b.path", "a.txt", two), "duplicate-output at --set b.path");
  EXPECT_EQ(place("a.path", "b.txt", two), "duplicate-output at --set a.path");
  EXPECT_EQ(place("a.columns", "ip,nothing", one), "unknown-field at --set a.columns");
}

/// One would overwrite a run that is kept.
TEST(PlanOutputs, NamesOfTheHistorysFilesAreItsOwn) {
  const auto said = [](const std::string& path, const std::string& history) {
    return with_outputs("[{use: fixture-lines, options: {path: " + path + "}}]", history).said();
  };
  for (const char* path : {"old/2026-11-22.json", "./old/2026-11-22.run.json", "/results/old/2026-11-22T031500Z.json",
                           "x/../old/2026-11-22T031500Z-2.run.json"}) {
    EXPECT_NE(said(path, "history: {dir: old}\n").find("the history keeps its runs under names like /results/old/2026"),
              std::string::npos)
        << path << ": " << said(path, "history: {dir: old}\n");
    EXPECT_EQ(said(path, ""), "") << path;
  }
  EXPECT_NE(said("2026-11-22.json", "history: {dir: ./}\n").find("duplicate-output"), std::string::npos);
  EXPECT_NE(said("old/2026-11-22.json", "history: {dir: old/}\n").find("duplicate-output"), std::string::npos);
  for (const char* path : {"old/inventory.json", "old/2026-13-22.json", "old/2026-11-22.csv", "2026-11-22.json"})
    EXPECT_EQ(said(path, "history: {dir: old}\n"), "") << path;
}

TEST(PlanOutputs, AHistoryByAnotherNameIsTheSame) {
  namespace fs = std::filesystem;
  const fs::path base = fs::path(::testing::TempDir()) / ("sonde-history-" + std::to_string(::getpid()));
  fs::create_directories(base / "old");
  fs::create_directory_symlink(base / "old", base / "link");
  const auto c =
      with_outputs("[{use: fixture-lines, options: {path: " + (base / "link/2026-11-22.json").string() + "}}]",
                   "history: {dir: " + (base / "old").string() + "}\n");
  EXPECT_NE(c.find("duplicate-output"), nullptr) << c.said();
  fs::remove_all(base);
}

TEST(PlanOutputs, ADirectoryIsNoFile) {
  for (const char* path : {"\"\"", ".", "../results", "sub/", "/tmp"}) {
    auto c = with_outputs("[{use: fixture-lines, options: {path: " + std::string(path) + "}}]");
    EXPECT_NE(c.find("output-unwritable"), nullptr) << path << ": " << c.said();
  }
}

TEST(PlanOutputs, StandardOutputOnce) {
  auto one = with_outputs("[{use: fixture-lines, options: {path: \"-\"}}]");
  ASSERT_NE(one.plan, nullptr) << one.said();
  EXPECT_EQ(*one.plan->outputs[0].options.find("path")->text(), "-");
  auto two =
      with_outputs("[{use: fixture-lines, options: {path: \"-\"}}, {use: fixture-stream, options: {path: \"-\"}}]");
  EXPECT_EQ(two.text_of("plan-stdout-twice"), "output 'fixture-lines' writes to the standard output already");
}

TEST(PlanOutputs, DisabledOnesAreLeftOut) {
  auto c = with_outputs("[{use: fixture-lines, enabled: false, options: {path: a}}]");
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_TRUE(c.plan->outputs.empty());
}

TEST(PlanOutputs, MissingPluginsAndOptions) {
  EXPECT_EQ(with_outputs("[{use: cvs}]").text_of("plugin-missing"), "there is no exporter 'cvs'");
  EXPECT_EQ(with_outputs("[{use: writer}]").hint_of("plugin-missing"), "it belongs under stages:");
  EXPECT_NE(with_outputs("[{use: fixture-lines}]").find("missing-key"), nullptr);
}

TEST(PlanOutputs, AllHostsOfAHugePlan) {
  auto small = with_outputs("[{use: fixture-lines, options: {path: a, hosts: all, detail: true}}]");
  ASSERT_NE(small.plan, nullptr) << small.said();
  EXPECT_EQ(small.plan->outputs[0].hosts, HostFilter::all);
  EXPECT_TRUE(small.plan->outputs[0].detail);
  auto huge = compile_text(
      "version: 1\ntargets: [10.64.0.0/11]\nstages: [{use: writer}]\n"
      "outputs: [{use: fixture-lines, options: {path: a, hosts: all}}]\n");
  EXPECT_EQ(huge.text_of("plan-hosts-all"),
            "output 'fixture-lines' wants all 2097150 targets, at most 1048576 are possible");
}

TEST(PlanOutputs, Columns) {
  const auto columns = [](const char* list) {
    return with_outputs("[{use: fixture-lines, options: {path: a, columns: [" + std::string(list) + "]}}]", "",
                        "[{use: writer}, {use: sleepy}]");
  };
  EXPECT_EQ(columns("ip, alive, mac, hostname, sleepy.worker").said(), "");
  auto typo = columns("ip, vendro");
  EXPECT_EQ(typo.text_of("unknown-field"), "output 'fixture-lines': there is no field 'vendro' for a column");
  EXPECT_EQ(typo.hint_of("unknown-field"), "did you mean 'vendor'?");
  auto group = columns("ip, sleepy");
  EXPECT_EQ(group.text_of("unknown-field"), "output 'fixture-lines': there is no field 'sleepy' for a column");
  EXPECT_EQ(group.hint_of("unknown-field"), "name each of its fields: sleepy.worker, sleepy.waited_ms");
  for (const char* name : {"hostname.x", "ports.80", "snmp.", "evidence.stage"})
    EXPECT_NE(columns(name).find("unknown-field"), nullptr) << name;
  auto twice = columns("ip, mac, ip");
  ASSERT_NE(twice.find("duplicate-column"), nullptr) << twice.said();
  EXPECT_EQ(twice.text_of("duplicate-column"), "output 'fixture-lines': the column 'ip' is named twice");
  EXPECT_EQ(twice.find("duplicate-column")->where.line, 5u);
  EXPECT_EQ(twice.find("duplicate-column")->where.column, 70u);
  auto parts = columns("os.name, snmp.1.3.6.1, services.22/tcp");
  ASSERT_NE(parts.plan, nullptr) << parts.said();
  const auto& planned = parts.plan->outputs[0].columns;
  ASSERT_EQ(planned.size(), 3u);
  EXPECT_EQ(planned[0].field, FieldTable::os);
  EXPECT_EQ(planned[0].part, "name");
  EXPECT_EQ(planned[1].field, FieldTable::snmp);
  EXPECT_EQ(planned[1].part, "1.3.6.1");
  EXPECT_EQ(planned[2].part, "22/tcp");
  auto empty = columns("ip, snmp.sysName");
  ASSERT_NE(empty.plan, nullptr) << empty.said();
  EXPECT_EQ(empty.text_of("column-empty"),
            "output 'fixture-lines': no enabled stage writes 'snmp.sysName', so this column stays empty");
  EXPECT_EQ(empty.find("unknown-part"), nullptr);
}

/// Keys are data, so a slip is only warned of.
TEST(PlanOutputs, PartsOfFieldsThatAreProbablySlips) {
  const auto columns = [](const std::string& list) {
    Compiled c;
    const std::string outputs = "outputs: [{use: fixture-lines, options: {path: a, columns: [" + list + "]}}]\n";
    const PipelineSpec spec =
        load_pipeline_text(with_stages("[{use: writer}]", outputs), "lan.sonde.yaml", {}, {}, c.out);
    c.plan = compile_outputs_alone(spec, fixtures(), FieldTable(), {FieldTable::services, FieldTable::snmp}, c.out);
    return c;
  };
  auto slip = columns("services.22");
  ASSERT_NE(slip.plan, nullptr) << slip.said();
  EXPECT_EQ(slip.said(), "warning unknown-part: output 'fixture-lines': 'services' probably has no part '22'\n");
  EXPECT_EQ(slip.hint_of("unknown-part"), "did you mean 'services.22/tcp'?");
  EXPECT_EQ(columns("snmp.sysNam").hint_of("unknown-part"), "did you mean 'snmp.sysName'?");
  EXPECT_EQ(columns("services.22/tcp, snmp.sysName, snmp.1.3.6.1").said(), "");
}

}  // namespace
}  // namespace sonde::core
