// The command line: words in, a command out, or what is wrong with them. What each command takes is in arguments/.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "cli/arguments/help.hpp"
#include "cli/arguments/mistakes.hpp"
#include "cli/arguments/reading.hpp"
#include "cli/console.hpp"

namespace sonde::core::cli {
namespace {

void set_up(CLI::App& app, Reading& reading) {
  app.formatter(help_layout());
  app.set_help_flag("-h,--help", "print this");
  app.set_version_flag("--version", std::string("sonde ") + SONDE_VERSION, "print the version");
  app.require_subcommand(1);
  app.footer("\nExamples:\n  sonde run pipelines/inventory.sonde.yaml --target 192.168.1.0/24\n  sonde help COMMAND");
  add_running_commands(app, reading);
  add_plugin_commands(app, reading);
  add_inventory_commands(app, reading);
  add_author_commands(app, reading);
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

int usage_error(const Diagnostic& d) {
  print_error(render(d, colour_on_stderr()));
  return static_cast<int>(message(d.id).exit);
}

}  // namespace

std::variant<Command, int> parse_command_line(int argc, const char* const* argv) {
  CLI::App app(
      "sonde takes stock of networks: a pipeline file says what is asked of which hosts, plugins ask it.\n"
      "Only scan networks that you are authorised to scan.",
      "sonde");
  Reading reading;
  set_up(app, reading);
  const std::vector<std::string> words = with_help_written_out(argc, argv);
  if (const CLI::App* group = group_without_command(app, words)) {
    print_error(group->help());
    return static_cast<int>(Exit::usage);
  }
  if (const auto wrong = wrong_command(app, words)) return usage_error(*wrong);
  if (const auto wrong = swallowed_option(app, words)) return usage_error(*wrong);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the back
  } catch (const CLI::Success& asked) {                                 // --help, --version
    app.exit(asked, std::cout, std::cerr);
    std::cout.flush();
    return 0;
  } catch (const CLI::ParseError& wrong) {
    return usage_error(explain(wrong, app, words));
  }
  if (reading.problem) return usage_error(*reading.problem);
  return std::move(*reading.command);
}

}  // namespace sonde::core::cli
