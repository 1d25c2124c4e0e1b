// The command line, read with CLI11. The only file that includes it.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <map>

#include "base/diagnostic.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "cli/console.hpp"

namespace sonde::core::cli {
namespace {

/// CLI11's own layout is too wide for a screen: here one line an option, and no types that nobody reads.
class Formatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string out = app->get_description() + "\n\nUsage: sonde";
    const bool top = app->get_parent() == nullptr;
    if (!top) out += " " + app->get_name();
    for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
      const std::string name = option->get_name(true) + (option->get_expected_max() > 1 ? "..." : "");
      out += option->get_required() ? " " + name : " [" + name + "]";
    }
    out += top ? " COMMAND ...\n\nCommands:\n" : " [OPTION...]\n";
    if (top)
      for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
        out += line("  " + command->get_name(), 14,
                    command->get_description().substr(0, command->get_description().find('\n')));
    out += "\nOptions:\n";
    for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->nonpositional(); }))
      out += line(
          "  " + option->get_name(false, true) + (option->get_type_size() == 0 ? "" : " " + option->get_option_text()),
          30, option->get_description());
    return out + app->get_footer() + "\n";
  }

 private:
  static std::string line(std::string left, std::size_t width, const std::string& right) {
    left.resize(std::max(left.size() + 2, width), ' ');
    return left + right + "\n";
  }
};

void add_plugin_path(CLI::App& app, std::vector<std::string>& to) {
  app.add_option("--plugin-path", to, "look for plugins in DIR first (repeatable)")
      ->option_text("DIR")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
}

CLI::Option* repeatable(CLI::Option* option) {
  return option->take_all()->expected(1)->allow_extra_args(false);
}

/// What shapes the plan: the same for run, plan and (but for targets) validate.
struct PipelineOptions {
  std::vector<std::string> sets;
  std::string seed, shard;

  void add(CLI::App& app, PipelineArguments& to, bool for_run) {
    repeatable(app.add_option("--set", sets, "set STAGE.OPTION, OUTPUT.OPTION or limits.KEY (repeatable)"))
        ->option_text("NAME=VALUE");
    if (for_run) {
      repeatable(
          app.add_option("-t,--target", to.overrides.targets, "scan this instead of the file's targets (repeatable)"))
          ->option_text("TARGET");
      app.add_option("--only", to.only, "of the targets, scan this address alone")->option_text("IP");
      app.add_option("-o,--output", to.overrides.output_dir, "write results below DIR")->option_text("DIR");
      app.add_option("--seed", seed, "order of the targets; the same gives the same run")->option_text("N");
      app.add_option("--shard", shard, "do part I of N of the plan; its seed is 0 unless given")->option_text("I/N");
    }
    CLI::Option* file = app.add_option("--env-file", to.overrides.env_file, "read variables from FILE, not from .env")
                            ->option_text("FILE");
    app.add_flag("--no-env-file", to.overrides.no_env_file, "read no .env")->excludes(file);
    add_plugin_path(app, to.plugin_path);
  }

  /// What CLI11 cannot check. Empty when all is well, else what to say.
  std::optional<Diagnostic> finish(PipelineArguments& to) const {
    for (const std::string& set : sets) {
      const auto equals = set.find('=');
      if (equals == std::string::npos || equals == 0)
        return failure("bad-argument", "--set " + set + " has no '='", "write --set stage.option=value").value();
      to.overrides.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
    }
    if (!to.only.empty())
      if (const auto address = IpAddress::parse(to.only); !address)
        return failure("bad-argument", "--only: " + address.error().text, "write one address, such as 192.168.1.10")
            .value();
    if (!seed.empty()) {
      uint64_t n = 0;
      if (!whole(seed, n))
        return failure("bad-seed", "--seed '" + seed + "' is not a whole number", "expected 0 to 18446744073709551615")
            .value();
      to.seed = n;
    }
    if (!shard.empty()) {
      const auto slash = shard.find('/');
      uint64_t index = 0, count = 0;
      if (slash == std::string::npos || !whole(shard.substr(0, slash), index) ||
          !whole(shard.substr(slash + 1), count) || index < 1 || index > count || count > 65536)
        return failure("bad-shard", "--shard '" + shard + "' is not I/N", "expected 1 <= I <= N <= 65536, such as 2/4")
            .value();
      to.shard_index = static_cast<uint32_t>(index - 1);
      to.shard_count = static_cast<uint32_t>(count);
    }
    return std::nullopt;
  }

 private:
  static bool whole(const std::string& text, uint64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return !text.empty() && error == std::errc{} && end == text.data() + text.size();
  }
};

template <class T>
CLI::Option* choice(CLI::App& app, const char* name, std::string& text, const std::map<std::string, T>& choices,
                    const char* shown, const char* help) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  return app.add_option(name, text, help)->option_text(shown)->check(CLI::IsMember(words));
}

const std::map<std::string, RunFormat> run_formats{
    {"table", RunFormat::table}, {"json", RunFormat::json}, {"none", RunFormat::none}};
const std::map<std::string, int> log_levels{{"error", 1}, {"warn", 2}, {"info", 3}, {"debug", 4}, {"trace", 5}};
const std::map<std::string, DeltaFormat> delta_formats{
    {"text", DeltaFormat::text}, {"json", DeltaFormat::json}, {"markdown", DeltaFormat::markdown}};
const std::map<std::string, bool> list_formats{{"table", false}, {"json", true}};
const std::map<std::string, bool> text_formats{{"text", false}, {"json", true}};
const std::map<std::string, SchemaArguments::What> schemas{{"pipeline", SchemaArguments::What::pipeline},
                                                           {"record", SchemaArguments::What::record},
                                                           {"run", SchemaArguments::What::run}};

struct Parser {
  CLI::App app{
      "sonde takes stock of networks: a pipeline file says what is asked of which hosts, plugins ask it.\n"
      "Only scan networks that you are authorised to scan.",
      "sonde"};
  std::optional<Command> result;
  std::optional<Diagnostic> problem;

  RunArguments run;
  ValidateArguments validate;
  PlanArguments plan;
  ListArguments list;
  DescribeArguments describe;
  SchemaArguments schema;
  DiffArguments diff;
  HistoryArguments history;
  DoctorArguments doctor;
  PipelineOptions run_options, validate_options, plan_options;
  std::string run_format, log_level = "info", list_format = "table", describe_format = "text", history_format = "table",
                          diff_format = "text", schema_word;

  CLI::App* command(const char* name, const char* description, const char* examples) {
    CLI::App* sub = app.add_subcommand(name, description);
    sub->footer(std::string("\nExamples:\n") + examples);
    return sub;
  }

  void add_run() {
    CLI::App* sub =
        command("run",
                "Run a pipeline.\nOnly scan networks that you are authorised to scan.\n"
                "A target is an address, CIDR, range a-b, host name or @file. Ctrl-C ends the run and keeps\n"
                "what was found; --resume goes on. A second Ctrl-C leaves at once.",
                "  sonde run pipelines/inventory.sonde.yaml --target 192.168.1.0/24\n"
                "  sonde run lan.sonde.yaml --set icmp.timeout=2s --set limits.packets_per_second=200");
    sub->add_option("FILE", run.pipeline.file, "the pipeline file")->required();
    run_options.add(*sub, run.pipeline, true);
    sub->add_option("--resume", run.resume, "go on with an unfinished run: its journal, or a directory")
        ->option_text("RUN");
    sub->add_option("--user", run.user, "as root: become NAME before the first packet")->option_text("NAME");
    choice(*sub, "--format", run_format, run_formats, "table|json|none", "what to print (table on a terminal)");
    choice(*sub, "--log-level", log_level, log_levels, "LEVEL", "error, warn, info, debug or trace");
    sub->add_flag("-q,--quiet", run.quiet, "no progress and no notices");
    sub->callback([this] {
      if (!run_format.empty()) run.format = run_formats.at(run_format);
      run.log_level = log_levels.at(log_level);
      problem = run_options.finish(run.pipeline);
      result = run;
    });
  }

  void add_validate() {
    CLI::App* sub = command("validate", "Check pipeline files: all errors at once, no packet sent, no name resolved.",
                            "  sonde validate pipelines/*.sonde.yaml\n"
                            "  sonde validate --allow-unset-env lan.sonde.yaml");
    sub->add_option("FILE", validate.files, "pipeline files")->required();
    validate_options.add(*sub, validate.pipeline, false);
    sub->add_flag("--allow-unset-env", validate.pipeline.overrides.allow_unset_env,
                  "a ${VAR} that is not set counts as empty");
    sub->callback([this] {
      problem = validate_options.finish(validate.pipeline);
      result = validate;
    });
  }

  void add_plan() {
    CLI::App* sub = command("plan",
                            "Show what a run would do: stages, targets, packets, time, privileges, files, options.\n"
                            "Sends nothing to the targets; host names are resolved.",
                            "  sonde plan pipelines/inventory.sonde.yaml --target 10.0.0.0/16\n"
                            "  sonde plan lan.sonde.yaml --set limits.packets_per_second=5000");
    sub->add_option("FILE", plan.pipeline.file, "the pipeline file")->required();
    plan_options.add(*sub, plan.pipeline, true);
    sub->callback([this] {
      problem = plan_options.finish(plan.pipeline);
      result = plan;
    });
  }

  void add_plugins() {
    CLI::App* sub = command("list", "List the plugins that are found, and the files that are refused.",
                            "  sonde list\n  sonde list --plugin-path ./build/plugins --format json");
    add_plugin_path(*sub, list.plugin_path);
    choice(*sub, "--format", list_format, list_formats, "table|json", "what to print");
    sub->callback([this] {
      list.json = list_formats.at(list_format);
      result = list;
    });

    sub = command("describe", "Show a plugin: its options, the fields it reads and writes, and a sample.",
                  "  sonde describe tcp-banner\n  sonde describe csv --format json");
    sub->add_option("PLUGIN", describe.plugin, "the plugin's id")->required();
    add_plugin_path(*sub, describe.plugin_path);
    choice(*sub, "--format", describe_format, text_formats, "text|json", "what to print");
    sub->callback([this] {
      describe.json = text_formats.at(describe_format);
      result = describe;
    });

    sub = command("schema",
                  "Print the JSON Schema of a pipeline file, a record or a run document.\n"
                  "That of the pipeline file knows the options of all plugins that are found.",
                  "  sonde schema pipeline > pipeline.schema.json\n  sonde schema record");
    sub->add_option("WHAT", schema_word, "pipeline, record or run")
        ->required()
        ->check(CLI::IsMember({"pipeline", "record", "run"}));
    add_plugin_path(*sub, schema.plugin_path);
    sub->callback([this] {
      schema.what = schemas.at(schema_word);
      result = schema;
    });
  }

  void add_inventories() {
    CLI::App* sub = command("diff",
                            "Compare two inventories: new, gone, changed, and not scanned.\n"
                            "Exit: 0 equal, 1 changed, 2 trouble.",
                            "  sonde diff out/history/2026-11-21.json out/history/2026-11-22.json\n"
                            "  sonde diff old.json new.json --format markdown");
    sub->add_option("OLD", diff.before, "the older inventory")->required();
    sub->add_option("NEW", diff.after, "the newer inventory")->required();
    choice(*sub, "--format", diff_format, delta_formats, "text|json|markdown", "what to print");
    sub->callback([this] {
      diff.format = delta_formats.at(diff_format);
      result = diff;
    });

    sub = command("history",
                  "List dated inventories, each with what had changed.\n"
                  "WHERE is a history directory (default: out/history), or a pipeline file that names one.",
                  "  sonde history\n  sonde history pipelines/inventory.sonde.yaml --format json");
    sub->add_option("WHERE", history.where, "a directory or a pipeline file");
    choice(*sub, "--format", history_format, list_formats, "table|json", "what to print");
    sub->callback([this] {
      history.json = list_formats.at(history_format);
      result = history;
    });

    sub = command("doctor",
                  "Say what this machine allows, and what to do where it does not.\n"
                  "With a pipeline file: also which of its stages can run. Sends nothing.\n"
                  "Exit: 0 if all can, 1 if something must be mended.",
                  "  sonde doctor\n  sonde doctor pipelines/inventory.sonde.yaml");
    sub->add_option("FILE", doctor.file, "a pipeline file");
    add_plugin_path(*sub, doctor.plugin_path);
    sub->callback([this] { result = doctor; });
  }

  Parser() {
    app.formatter(std::make_shared<Formatter>());
    app.set_help_flag("-h,--help", "print this");
    app.set_version_flag("--version", std::string("sonde ") + SONDE_VERSION, "print the version");
    app.require_subcommand(1);
    app.footer(
        "\nExamples:\n  sonde run pipelines/inventory.sonde.yaml --target 192.168.1.0/24\n  sonde COMMAND --help");
    add_run();
    add_validate();
    add_plan();
    add_plugins();
    add_inventories();
  }
};

/// CLI11 says only that a command is missing, also where one is misspelt.
std::optional<Diagnostic> unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string all = "commands: " + join(known, ", ");
  if (argc < 2) return Diagnostic{"bad-argument", "no command is given", all};
  const std::string_view word = argv[1];
  if (word.empty() || word.front() == '-' || std::find(known.begin(), known.end(), word) != known.end())
    return std::nullopt;
  const std::string_view near = did_you_mean(word, known);
  return Diagnostic{"bad-argument", "there is no command '" + std::string(word) + "'",
                    near.empty() ? all : "did you mean '" + std::string(near) + "'?"};
}

int usage_error(const Diagnostic& d) {
  print_error(render(d, colour_on_stderr()));
  return static_cast<int>(message(d.id).exit);
}

}  // namespace

std::variant<Command, int> parse_command_line(int argc, const char* const* argv) {
  Parser parser;
  if (const auto unknown = unknown_command(parser.app, argc, argv)) return usage_error(*unknown);
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    parser.app.exit(asked, std::cout, std::cerr);
    std::cout.flush();
    return 0;
  } catch (const CLI::ParseError& wrong) {
    std::string command = "sonde";
    for (const CLI::App* sub : parser.app.get_subcommands()) command += " " + sub->get_name();
    return usage_error({"bad-argument", wrong.what(), "run '" + command + " --help'"});
  }
  if (parser.problem) return usage_error(*parser.problem);
  return std::move(*parser.result);
}

}  // namespace sonde::core::cli
