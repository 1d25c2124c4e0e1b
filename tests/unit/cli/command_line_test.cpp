// Arguments in, structs out; usage errors and help.
#include "cli/command_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

namespace sonde::core::cli {
namespace {

std::variant<Command, int> parse(std::initializer_list<const char*> words) {
  std::vector<const char*> argv{"sonde"};
  argv.insert(argv.end(), words);
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

template <class T>
T parsed(std::initializer_list<const char*> words) {
  auto result = parse(words);
  if (std::holds_alternative<int>(result)) {
    ADD_FAILURE() << "ended with " << std::get<int>(result);
    return {};
  }
  return std::get<T>(std::get<Command>(result));
}

/// What a usage error printed, after its exit code has been checked.
std::string usage_error(std::initializer_list<const char*> words) {
  testing::internal::CaptureStderr();
  const auto result = parse(words);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(std::holds_alternative<int>(result));
  EXPECT_EQ(std::holds_alternative<int>(result) ? std::get<int>(result) : -1, 2);
  return text;
}

std::string help_of(std::initializer_list<const char*> words) {
  testing::internal::CaptureStdout();
  const auto result = parse(words);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(std::holds_alternative<int>(result) && std::get<int>(result) == 0);
  return text;
}

TEST(CommandLine, RunTakesEverything) {
  const auto run = parsed<RunArguments>({"run",      "lan.sonde.yaml",
                                         "--target", "10.0.0.1",
                                         "--target", "10.0.0.0/24",
                                         "--set",    "icmp.timeout=2s",
                                         "--set",    "snmp.community=a=b",
                                         "--output", "dir",
                                         "--only",   "10.0.0.1",
                                         "--seed",   "18446744073709551615",
                                         "--shard",  "2/4",
                                         "--resume", "out",
                                         "--quiet",  "--log-level",
                                         "debug",    "--format",
                                         "json",     "--plugin-path",
                                         "a",        "--plugin-path",
                                         "b",        "--user",
                                         "nobody",   "--no-env-file"});
  EXPECT_EQ(run.pipeline.file, "lan.sonde.yaml");
  EXPECT_EQ(run.pipeline.overrides.targets, (std::vector<std::string>{"10.0.0.1", "10.0.0.0/24"}));
  ASSERT_EQ(run.pipeline.overrides.sets.size(), 2u);
  EXPECT_EQ(run.pipeline.overrides.sets[1], (std::pair<std::string, std::string>{"snmp.community", "a=b"}));
  EXPECT_EQ(run.pipeline.overrides.output_dir, "dir");
  EXPECT_TRUE(run.pipeline.overrides.no_env_file);
  EXPECT_EQ(run.pipeline.only, "10.0.0.1");
  EXPECT_EQ(run.pipeline.seed, UINT64_MAX);
  EXPECT_EQ(run.pipeline.shard_index, 1u);
  EXPECT_EQ(run.pipeline.shard_count, 4u);
  EXPECT_EQ(run.pipeline.plugin_path, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(run.resume, "out");
  EXPECT_EQ(run.user, "nobody");
  EXPECT_EQ(run.log_level, 4);
  EXPECT_EQ(run.format, RunFormat::json);
  EXPECT_TRUE(run.quiet);
}

TEST(CommandLine, Defaults) {
  const auto run = parsed<RunArguments>({"run", "f"});
  EXPECT_EQ(run.format, RunFormat::automatic);
  EXPECT_EQ(run.log_level, 3);
  EXPECT_FALSE(run.pipeline.seed);
  EXPECT_EQ(run.pipeline.shard_count, 1u);
}

TEST(CommandLine, TheFileMayFollowTheOptions) {
  const auto run =
      parsed<RunArguments>({"run", "--target", "10.0.0.1", "--set", "a.b=c", "--plugin-path", "p", "lan.yaml"});
  EXPECT_EQ(run.pipeline.file, "lan.yaml");
  EXPECT_EQ(run.pipeline.overrides.targets.size(), 1u);
}

TEST(CommandLine, OtherCommands) {
  EXPECT_EQ(parsed<ValidateArguments>({"validate", "a", "b"}).files, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(parsed<ValidateArguments>({"validate", "--allow-unset-env", "a"}).pipeline.overrides.allow_unset_env);
  EXPECT_EQ(parsed<PlanArguments>({"plan", "a", "--seed", "7"}).pipeline.seed, 7u);
  EXPECT_FALSE(parsed<PlanArguments>({"plan", "a"}).json);
  EXPECT_TRUE(parsed<PlanArguments>({"plan", "a", "--format", "json"}).json);
  EXPECT_TRUE(parsed<ListArguments>({"list", "--format", "json"}).json);
  EXPECT_EQ(parsed<DescribeArguments>({"describe", "csv"}).plugin, "csv");
  EXPECT_EQ(parsed<SchemaArguments>({"schema", "run"}).what, SchemaArguments::What::run);
  const auto diff = parsed<DiffArguments>({"diff", "a", "b", "--format", "markdown"});
  EXPECT_EQ(diff.before + diff.after, "ab");
  EXPECT_EQ(diff.format, DeltaFormat::markdown);
  EXPECT_EQ(parsed<HistoryArguments>({"history"}).where, "");
  EXPECT_EQ(parsed<DoctorArguments>({"doctor", "f"}).file, "f");
}

TEST(CommandLine, ThoseOfAuthors) {
  const auto created = parsed<CreateArguments>({"create", "icmp,rdns/csv", "--output", "lan.sonde.yaml"});
  EXPECT_EQ(created.what, "icmp,rdns/csv");
  EXPECT_EQ(created.file, "lan.sonde.yaml");
  const auto begun = parsed<PluginNewArguments>({"plugin", "new", "probe", "tls-cert"});
  EXPECT_EQ(begun.kind, "probe");
  EXPECT_EQ(begun.name, "tls-cert");
  EXPECT_EQ(begun.language, "cpp");
  EXPECT_EQ(begun.directory, "");
  EXPECT_EQ(parsed<PluginNewArguments>({"plugin", "new", "exporter", "x", "--lang", "c"}).language, "c");
  EXPECT_NE(usage_error({"plugin"}).find("Usage: sonde plugin COMMAND ...\n\nCommands:\n  new"), std::string::npos);
  EXPECT_NE(usage_error({"plugin", "nwe"}).find("did you mean 'new'?"), std::string::npos);
  EXPECT_NE(usage_error({"plugin", "new", "probe"}).find("sonde plugin new needs NAME"), std::string::npos);
  EXPECT_NE(usage_error({"plugin", "new", "probe", "x", "y"}).find("'y' is one argument too many"), std::string::npos);
  EXPECT_NE(help_of({"help", "plugin", "new"}).find("Usage: sonde plugin new"), std::string::npos);
  EXPECT_NE(usage_error({"plugin", "new", "sauce", "x"}).find("KIND takes probe, exporter or source, found 'sauce'"),
            std::string::npos);
}

TEST(CommandLine, Merge) {
  const auto merge = parsed<MergeArguments>({"merge", "part-1", "part-2", "-p", "lan.sonde.yaml", "--output", "all",
                                             "--set", "json.path=x.json", "--format", "none", "-q"});
  EXPECT_EQ(merge.runs, (std::vector<std::string>{"part-1", "part-2"}));
  EXPECT_EQ(merge.pipeline.file, "lan.sonde.yaml");
  EXPECT_EQ(merge.pipeline.overrides.output_dir, "all");
  EXPECT_EQ(merge.pipeline.overrides.sets.at(0).second, "x.json");
  EXPECT_EQ(merge.format, RunFormat::none);
  EXPECT_TRUE(merge.quiet);
  EXPECT_NE(usage_error({"merge"}).find("sonde merge needs RUN"), std::string::npos);
  EXPECT_NE(usage_error({"merge", "a", "--set", "json.path=x"}).find("--pipeline"), std::string::npos);
}

TEST(CommandLine, UsageErrors) {
  EXPECT_NE(usage_error({}).find("Usage: sonde COMMAND ...\n\nCommands:\n  run"), std::string::npos);
  EXPECT_NE(usage_error({"hlp"}).find("did you mean 'help'?"), std::string::npos);
  EXPECT_NE(usage_error({"rnu", "f"}).find("error[bad-argument]: there is no command 'rnu'\n      did you mean 'run'?"),
            std::string::npos);
  EXPECT_NE(usage_error({"fly"}).find("commands: run, merge, validate, plan"), std::string::npos);
  EXPECT_NE(usage_error({"--fly"}).find("bad-argument"), std::string::npos);
  EXPECT_NE(usage_error({"run", "f", "--env-file", "e", "--no-env-file"}).find("bad-argument"), std::string::npos);
  EXPECT_NE(usage_error({"run", "f", "--only", "10.0.0.0/24"}).find("--only: '10.0.0.0/24' is not"), std::string::npos);
  EXPECT_NE(usage_error({"run"}).find("bad-argument"), std::string::npos);
  EXPECT_NE(usage_error({"run", "f", "--wings"}).find("`sonde run --help`"), std::string::npos);
  EXPECT_NE(usage_error({"run", "f", "--set", "icmp.timeout"}).find("bad-argument"), std::string::npos);
  EXPECT_NE(usage_error({"run", "f", "--format", "xml"}).find("bad-argument"), std::string::npos);
  EXPECT_NE(usage_error({"diff"}).find("bad-argument"), std::string::npos);
  for (const char* seed : {"-1", "x", "18446744073709551616", "1.5"})
    EXPECT_NE(usage_error({"run", "f", (std::string("--seed=") + seed).c_str()}).find("bad-seed"), std::string::npos);
  for (const char* shard : {"0/2", "3/2", "1", "a/b", "1/0", "1/", "1/65537"})
    EXPECT_NE(usage_error({"run", "f", "--shard", shard}).find("bad-shard"), std::string::npos) << shard;
}

/// What was found, what was expected, what was probably meant.
TEST(CommandLine, UsageErrorsInFull) {
  const auto error = [](const std::string& text, const std::string& hint) {
    return "error[bad-argument]: " + text + "\n      " + hint + "\n";
  };
  EXPECT_EQ(usage_error({"run", "f", "--targt", "10.0.0.1"}),
            error("sonde run has no option '--targt'", "did you mean '--target'?"));
  EXPECT_EQ(usage_error({"run", "f", "--frobnicate=5"}),
            error("sonde run has no option '--frobnicate'", "`sonde run --help` lists the options"));
  EXPECT_EQ(usage_error({"run", "f", "-x"}),
            error("sonde run has no option '-x'", "`sonde run --help` lists the options"));
  EXPECT_EQ(usage_error({"validate", "f", "--output", "x"}),
            error("sonde validate has no option '--output'",
                  "it is an option of sonde run, sonde merge, sonde plan, sonde create"));
  EXPECT_EQ(usage_error({"--quiet", "run", "f"}), error("sonde takes no option '--quiet' in front of the command",
                                                        "it is an option of sonde run, sonde merge"));
  EXPECT_EQ(usage_error({"run"}), error("sonde run needs FILE: the pipeline file",
                                        "expected: sonde run FILE; `sonde run --help` shows examples"));
  EXPECT_EQ(usage_error({"merge"}), error("sonde merge needs RUN: output directories or journals",
                                          "expected: sonde merge RUN; `sonde merge --help` shows examples"));
  EXPECT_EQ(
      usage_error({"run", "a", "b"}),
      error("'b' is one argument too many", "expected: sonde run FILE and options; `sonde run --help` lists them"));
  EXPECT_EQ(usage_error({"run", "a", "--target"}),
            error("--target needs a value: TARGET", "scan this instead of the file's targets (repeatable)"));
  EXPECT_EQ(usage_error({"run", "a", "--seed", "1", "--seed", "2"}),
            error("--seed is given more than once", "it takes one N"));
  EXPECT_EQ(usage_error({"run", "a", "--env-file", "x", "--no-env-file"}),
            error("--env-file and --no-env-file exclude each other", "give one of the two"));
  EXPECT_EQ(usage_error({"run", "a", "--log-level", "dbug"}),
            error("--log-level takes error, warn, info, debug or trace, found 'dbug'", "did you mean 'debug'?"));
  EXPECT_EQ(usage_error({"list", "--format", "xml"}),
            "error[bad-argument]: --format takes table or json, found 'xml'\n");
  EXPECT_EQ(usage_error({"schema", "pipelin"}),
            error("WHAT takes pipeline, record or run, found 'pipelin'", "did you mean 'pipeline'?"));
  EXPECT_EQ(usage_error({"help", "rnu"}), error("there is no command 'rnu'", "did you mean 'run'?"));
}

/// A value that is the name of another option was forgotten; anything else is a value, also behind dashes.
TEST(CommandLine, AnOptionIsNoValueOfAnother) {
  const auto needs = [](const std::string& what) { return "error[bad-argument]: " + what + "\n"; };
  EXPECT_EQ(
      usage_error({"run", "f", "--resume", "--set", "limits.shards=1"}).find(needs("--resume needs a value: RUN")), 0u);
  EXPECT_EQ(usage_error({"run", "f", "--output", "--quiet"}).find(needs("--output needs a value: DIR")), 0u);
  EXPECT_EQ(usage_error({"plugin", "new", "probe", "x", "--lang", "-o", "d"}).find("error[bad-argument]: --lang needs"),
            0u);
  EXPECT_EQ(usage_error({"run", "f", "--target", "--set=a=b"}).find(needs("--target needs a value: TARGET")), 0u);
  const auto given = parsed<RunArguments>({"run", "f", "--output", "--quite", "--target", "-"});
  EXPECT_EQ(given.pipeline.overrides.output_dir, "--quite");
}

TEST(CommandLine, HelpIsAWordToo) {
  EXPECT_EQ(help_of({"help"}), help_of({"--help"}));
  EXPECT_EQ(help_of({"help", "run"}), help_of({"run", "--help"}));
  EXPECT_EQ(help_of({"--help", "diff"}), help_of({"diff", "--help"}));
}

TEST(CommandLine, EachHelpFitsAScreenAndEndsWithTwoExamples) {
  for (const char* command :
       {"run", "validate", "plan", "list", "describe", "schema", "diff", "history", "doctor", "create", "plugin"}) {
    const std::string text = help_of({command, "--help"});
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40) << command;
    std::size_t longest = 0;
    for (std::size_t at = 0, end; at < text.size(); at = end + 1) {
      end = text.find('\n', at);
      longest = std::max(longest, end - at);
    }
    EXPECT_LE(longest, 100u) << text;
    const std::string examples = text.substr(text.find("Examples:"));
    EXPECT_EQ(std::count(examples.begin(), examples.end(), '\n'), 3) << text;
    EXPECT_NE(examples.find(std::string("  sonde ") + command), std::string::npos) << text;
  }
  EXPECT_NE(help_of({"plugin", "new", "--help"}).find("Usage: sonde plugin new KIND NAME [OPTION...]"),
            std::string::npos);
  EXPECT_NE(help_of({"plugin", "check", "--help"}).find("Usage: sonde plugin check [FILE] [OPTION...]"),
            std::string::npos);
  EXPECT_NE(help_of({"run", "--help"}).find("Only scan networks that you are authorised to scan"), std::string::npos);
  EXPECT_NE(help_of({"--help"}).find("doctor"), std::string::npos);
  EXPECT_EQ(help_of({"--version"}).rfind("sonde 0.", 0), 0u);
}

}  // namespace
}  // namespace sonde::core::cli
