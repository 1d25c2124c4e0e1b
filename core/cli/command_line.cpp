// The command line, read with CLI11. The only file that includes it.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>

#include "base/diagnostic.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "cli/console.hpp"
#include "cli/usage.hpp"

namespace sonde::core::cli {
namespace {

/// "sonde plugin new"
std::string full_name(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name() : full_name(app->get_parent()) + " " + app->get_name();
}

/// CLI11's own layout is too wide for a screen: here one line an option, and no types that nobody reads.
class Formatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::string out = app->get_description() + "\n\nUsage: " + full_name(app);
    const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
      const std::string name = option->get_name(true) + (option->get_expected_max() > 1 ? "..." : "");
      out += option->get_required() ? " " + name : " [" + name + "]";
    }
    out += commands.empty() ? " [OPTION...]\n" : " COMMAND ...\n\nCommands:\n";
    for (const CLI::App* command : commands)
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

/// Words of an option and what they stand for, in the order in which help and messages name them.
template <class T>
using Words = std::vector<std::pair<std::string, T>>;

const Words<RunFormat> run_formats{{"table", RunFormat::table}, {"json", RunFormat::json}, {"none", RunFormat::none}};
const Words<int> log_levels{{"error", 1}, {"warn", 2}, {"info", 3}, {"debug", 4}, {"trace", 5}};
const Words<DeltaFormat> delta_formats{
    {"text", DeltaFormat::text}, {"json", DeltaFormat::json}, {"markdown", DeltaFormat::markdown}};
const Words<bool> list_formats{{"table", false}, {"json", true}};
const Words<bool> text_formats{{"text", false}, {"json", true}};
const Words<std::string> plugin_kinds{{"probe", "probe"}, {"exporter", "exporter"}};
const Words<std::string> languages{{"c", "c"}, {"cpp", "cpp"}};
const Words<SchemaArguments::What> schemas{{"pipeline", SchemaArguments::What::pipeline},
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
  CreateArguments create;
  PluginNewArguments plugin_new;
  PluginCheckArguments plugin_check;
  std::vector<std::string> plugin_check_sets;
  PipelineOptions run_options, validate_options, plan_options;
  std::string run_format, log_level = "info", list_format = "table", describe_format = "text", history_format = "table",
                          diff_format = "text", plan_format = "text", schema_word;

  /// The first problem is told.
  void note(std::optional<Diagnostic> found) {
    if (found && !problem) problem = std::move(found);
  }

  template <class T>
  void pick(const char* what, const std::string& word, const Words<T>& words, T& to) {
    const auto found = std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.first == word; });
    if (found != words.end()) {
      to = found->second;
      return;
    }
    std::vector<std::string> names;
    for (const auto& [name, value] : words) names.push_back(name);
    note(wrong_word(what, word, names));
  }

  CLI::App* command(const char* name, const char* description, const char* examples, CLI::App* group = nullptr) {
    CLI::App* sub = (group ? group : &app)->add_subcommand(name, description);
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
    sub->add_option("--format", run_format, "what to print (table on a terminal)")->option_text("table|json|none");
    sub->add_option("--log-level", log_level, "error, warn, info, debug or trace")->option_text("LEVEL");
    sub->add_flag("-q,--quiet", run.quiet, "no progress and no notices");
    sub->callback([this] {
      if (!run_format.empty()) pick("--format", run_format, run_formats, run.format);
      pick("--log-level", log_level, log_levels, run.log_level);
      note(run_options.finish(run.pipeline));
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
      note(validate_options.finish(validate.pipeline));
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
    sub->add_option("--format", plan_format, "what to print")->option_text("text|json");
    sub->callback([this] {
      pick("--format", plan_format, text_formats, plan.json);
      note(plan_options.finish(plan.pipeline));
      result = plan;
    });
  }

  void add_plugins() {
    CLI::App* sub = command("list", "List the plugins that are found, and the files that are refused.",
                            "  sonde list\n  sonde list --plugin-path ./build/plugins --format json");
    add_plugin_path(*sub, list.plugin_path);
    sub->add_option("--format", list_format, "what to print")->option_text("table|json");
    sub->callback([this] {
      pick("--format", list_format, list_formats, list.json);
      result = list;
    });

    sub = command("describe", "Show a plugin: its options, the fields it reads and writes, and a sample.",
                  "  sonde describe tcp-banner\n  sonde describe csv --format json");
    sub->add_option("PLUGIN", describe.plugin, "the plugin's id")->required();
    add_plugin_path(*sub, describe.plugin_path);
    sub->add_option("--format", describe_format, "what to print")->option_text("text|json");
    sub->callback([this] {
      pick("--format", describe_format, text_formats, describe.json);
      result = describe;
    });

    sub = command("schema",
                  "Print the JSON Schema of a pipeline file, a record or a run document.\n"
                  "That of the pipeline file knows the options of all plugins that are found.",
                  "  sonde schema pipeline > pipeline.schema.json\n  sonde schema record");
    sub->add_option("WHAT", schema_word, "pipeline, record or run")->required();
    add_plugin_path(*sub, schema.plugin_path);
    sub->callback([this] {
      pick("WHAT", schema_word, schemas, schema.what);
      result = schema;
    });
  }

  void add_create() {
    CLI::App* sub = command("create",
                            "Write a pipeline: stages and outputs by their ids, each option explained.\n"
                            "The file validates as it is; edit the targets and what you want otherwise.",
                            "  sonde create icmp,rdns/csv,json > lan.sonde.yaml\n"
                            "  sonde create arp-oui,tcp-banner/json --output lan.sonde.yaml");
    sub->add_option("STAGES/OUTPUTS", create.what, "ids of probes, a slash, ids of exporters")->required();
    sub->add_option("-o,--output", create.file, "write to FILE, which must not exist")->option_text("FILE");
    add_plugin_path(*sub, create.plugin_path);
    sub->callback([this] { result = create; });
  }

  void add_plugin_group() {
    CLI::App* group = command("plugin", "For authors of plugins: begin a project, check a library.",
                              "  sonde plugin new probe tls-cert\n  sonde plugin check ./build/tls-cert.so");
    group->require_subcommand(1);
    add_plugin_new(group);
    add_plugin_check(group);
  }

  void add_plugin_new(CLI::App* group) {
    CLI::App* sub = command("new",
                            "Begin a plugin: a project with a test, a README and a sample pipeline.\n"
                            "It builds against the installed SDK alone.",
                            "  sonde plugin new probe tls-cert\n  sonde plugin new exporter table --lang c", group);
    sub->add_option("KIND", plugin_new.kind, "probe or exporter")->required();
    sub->add_option("NAME", plugin_new.name, "the plugin's id: lower case letters, digits, dashes")->required();
    sub->add_option("--lang", plugin_new.language, "c or cpp (the default)")->option_text("c|cpp");
    sub->add_option("-o,--output", plugin_new.directory, "write to DIR, which must not exist (default: NAME)")
        ->option_text("DIR");
    sub->callback([this] {
      pick("KIND", plugin_new.kind, plugin_kinds, plugin_new.kind);
      pick("--lang", plugin_new.language, languages, plugin_new.language);
      result = plugin_new;
    });
  }

  void add_plugin_check(CLI::App* group) {
    CLI::App* sub = command("check",
                            "Check that a plugin keeps to the contract of the ABI; each test has its own process.\n"
                            "It talks to loopback alone, in an empty network where this user may make one.\n"
                            "Exit: 0 all pass, 1 a test failed, 2 usage.",
                            "  sonde plugin check ./build/greeting.so\n"
                            "  sonde plugin check rdns.so --set servers=127.0.0.1 --only 'peer-.*' --json",
                            group);
    sub->add_option("FILE", plugin_check.file, "the library, or a directory of which each library is checked");
    repeatable(sub->add_option("--set", plugin_check_sets, "set an option of the plugin (repeatable)"))
        ->option_text("NAME=VALUE");
    sub->add_option("--only", plugin_check.only, "only tests whose name has a match of REGEX")->option_text("REGEX");
    sub->add_option("--kind", plugin_check.kind,
                    "of a library with several plugins, only its probe, exporter or source")
        ->option_text("KIND")
        ->check(CLI::IsMember({"probe", "exporter", "source"}));
    sub->add_option("--seed", plugin_check.seed, "of what peers make up, and of the plugin")->option_text("N");
    sub->add_option("--time-limit", plugin_check.time_limit_s, "seconds that one test may take (20)")
        ->option_text("SECONDS")
        ->check(CLI::Range(1u, 3600u));
    sub->add_flag("--json", plugin_check.json, "print JSON");
    sub->add_flag("--list", plugin_check.list, "print what is tested, as a table in Markdown, and end");
    sub->callback([this] {
      if (plugin_check.file.empty() && !plugin_check.list)
        problem = failure("bad-argument", "FILE is required", "name the library of a plugin").value();
      for (const std::string& set : plugin_check_sets) {
        const auto equals = set.find('=');
        if (equals == std::string::npos || equals == 0)
          problem = failure("bad-argument", "--set " + set + " has no '='", "write --set option=value").value();
        else
          plugin_check.sets.emplace_back(set.substr(0, equals), set.substr(equals + 1));
      }
      result = plugin_check;
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
    sub->add_option("--format", diff_format, "what to print")->option_text("text|json|markdown");
    sub->callback([this] {
      pick("--format", diff_format, delta_formats, diff.format);
      result = diff;
    });

    sub = command("history",
                  "List dated inventories, each with what had changed.\n"
                  "WHERE is a history directory (default: out/history), or a pipeline file that names one.",
                  "  sonde history\n  sonde history pipelines/inventory.sonde.yaml --format json");
    sub->add_option("WHERE", history.where, "a directory or a pipeline file");
    sub->add_option("--format", history_format, "what to print")->option_text("table|json");
    sub->callback([this] {
      pick("--format", history_format, list_formats, history.json);
      result = history;
    });

    sub = command("doctor",
                  "Say what this machine allows, and what to do where it does not.\n"
                  "With a pipeline file: also which of its stages can run. Sends nothing.\n"
                  "Exit: 0 fine, also with warnings; 1 something that FILE needs is missing here; 78 FILE is wrong.",
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
    app.footer("\nExamples:\n  sonde run pipelines/inventory.sonde.yaml --target 192.168.1.0/24\n  sonde help COMMAND");
    add_run();
    add_validate();
    add_plan();
    add_plugins();
    add_create();
    add_inventories();
    add_plugin_group();
  }
};

bool is_group(const CLI::App* command) {
  return !command->get_subcommands([](const CLI::App*) { return true; }).empty();
}

Usage usage_of(const CLI::App& command) {
  Usage usage;
  if (command.get_parent() != nullptr) usage.command = full_name(&command).substr(sizeof "sonde");
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      usage.positionals.push_back(
          {option->get_name(true), option->get_description(), option->get_required(), option->count() != 0});
      continue;
    }
    for (const std::string& name : option->get_snames()) usage.options.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) usage.options.push_back("--" + name);
  }
  return usage;
}

std::vector<Usage> all_usages(const CLI::App& app) {
  std::vector<Usage> all;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    all.push_back(usage_of(*command));
  return all;
}

/// `sonde help`, `sonde help run` and `sonde --help run` are other ways to write --help.
std::vector<std::string> with_help_written_out(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const bool asks = !words.empty() && (words[0] == "help" || words[0] == "--help" || words[0] == "-h");
  if (!asks) return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

/// CLI11 says of all of these only that a command is missing. `app` may be a group of commands.
std::optional<Diagnostic> wrong_command(const CLI::App& app, const std::vector<std::string>& words) {
  std::vector<Usage> all = all_usages(app);
  for (Usage& usage : all) usage.command = usage.command.substr(usage.command.rfind(' ') + 1);  // within the group
  if (words.empty()) return unknown_command("", all);
  const std::string& word = words.front();
  const Usage top = usage_of(app);
  if (!word.empty() && word.front() == '-') {
    if (std::find(top.options.begin(), top.options.end(), word) != top.options.end()) return std::nullopt;
    return unknown_option(word, top, all);
  }
  const auto found = app.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
  if (found.empty()) return unknown_command(word, all);
  if (!is_group(found.front())) return std::nullopt;
  return wrong_command(*found.front(), {words.begin() + 1, words.end()});
}

/// What CLI11 found, in words that say what was expected.
Diagnostic explain(const CLI::ParseError& wrong, const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const CLI::App& command = *at;
  const Usage usage = usage_of(command);
  if (dynamic_cast<const CLI::ExtrasError*>(&wrong) != nullptr) {
    const std::vector<std::string> left = command.remaining();
    // The first in the order written: the value of a misspelt option is left over too.
    const auto first = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
      return std::find(left.begin(), left.end(), word) != left.end();
    });
    if (first != words.end())
      return first->size() > 1 && first->front() == '-' ? unknown_option(*first, usage, all_usages(app))
                                                        : one_too_many(*first, usage);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&wrong) != nullptr) return missing_positional(usage);
  const std::string said = wrong.what();
  const std::string name = said.substr(0, said.find_first_of(": "));
  const CLI::Option* option = command.get_option_no_throw(name);
  if (option != nullptr && dynamic_cast<const CLI::ArgumentMismatch*>(&wrong) != nullptr) {
    const std::string what = option->get_option_text().empty() ? "a value" : option->get_option_text();
    if (option->count() > 1) return {"bad-argument", name + " is given more than once", "it takes one " + what};
    return {"bad-argument", name + " needs a value: " + what, option->get_description()};
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&wrong) != nullptr)
    return {"bad-argument", name + " and " + said.substr(said.rfind(' ') + 1) + " exclude each other",
            "give one of the two"};
  return {"bad-argument", said, "`" + help_of(usage) + "` lists the arguments"};
}

int usage_error(const Diagnostic& d) {
  print_error(render(d, colour_on_stderr()));
  return static_cast<int>(message(d.id).exit);
}

}  // namespace

std::variant<Command, int> parse_command_line(int argc, const char* const* argv) {
  Parser parser;
  std::vector<std::string> words = with_help_written_out(argc, argv);
  if (const auto wrong = wrong_command(parser.app, words)) return usage_error(*wrong);
  try {
    parser.app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::Success& asked) {                                        // --help, --version
    parser.app.exit(asked, std::cout, std::cerr);
    std::cout.flush();
    return 0;
  } catch (const CLI::ParseError& wrong) {
    return usage_error(explain(wrong, parser.app, words));
  }
  if (parser.problem) return usage_error(*parser.problem);
  return std::move(*parser.result);
}

}  // namespace sonde::core::cli
