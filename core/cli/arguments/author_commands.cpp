// plugin new and plugin check: what they take.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments/reading.hpp"

namespace sonde::core::cli {
namespace {

const Words<std::string> plugin_kinds{{"probe", "probe"}, {"exporter", "exporter"}, {"source", "source"}};
const Words<std::string> languages{{"c", "c"}, {"cpp", "cpp"}};

void add_plugin_new(CLI::App& group, Reading& reading) {
  auto given = std::make_shared<PluginNewArguments>();
  CLI::App* command = add_command(group, "new",
                                  "Begin a plugin: a project with a test, a README and a sample pipeline.\n"
                                  "It builds against the installed SDK alone.",
                                  "  sonde plugin new probe tls-cert\n  sonde plugin new exporter table --lang c");
  command->add_option("KIND", given->kind, "probe, exporter or source")->required();
  command->add_option("NAME", given->name, "the plugin's id: lower case letters, digits, dashes")->required();
  command->add_option("--lang", given->language, "c or cpp (the default)")->option_text("c|cpp");
  command->add_option("-o,--output", given->directory, "write to DIR, which must not exist (default: NAME)")
      ->option_text("DIR");
  command->callback([given, &reading] {
    pick(reading, "KIND", given->kind, plugin_kinds, given->kind);
    pick(reading, "--lang", given->language, languages, given->language);
    reading.command = *given;
  });
}

void add_plugin_check(CLI::App& group, Reading& reading) {
  struct Given {
    PluginCheckArguments arguments;
    std::vector<std::string> sets;
  };
  auto given = std::make_shared<Given>();
  PluginCheckArguments& check = given->arguments;
  CLI::App* command =
      add_command(group, "check",
                  "Check that a plugin keeps to the contract of the ABI; each test has its own process.\n"
                  "It talks to loopback alone, in an empty network where this user may make one.\n"
                  "Exit: 0 all pass, 1 a test failed, 2 usage.",
                  "  sonde plugin check ./build/greeting.so\n"
                  "  sonde plugin check rdns.so --set servers=127.0.0.1 --only 'peer-.*' --json");
  command->add_option("FILE", check.file, "the library, or a directory of which each library is checked");
  repeatable(command->add_option("--set", given->sets, "set an option of the plugin (repeatable)"))
      ->option_text("NAME=VALUE");
  command->add_option("--only", check.only, "only tests whose name has a match of REGEX")->option_text("REGEX");
  command->add_option("--kind", check.kind, "of a library with several plugins, only its probe, exporter or source")
      ->option_text("KIND")
      ->check(CLI::IsMember({"probe", "exporter", "source"}));
  command->add_option("--seed", check.seed, "of what peers make up, and of the plugin")->option_text("N");
  command->add_option("--time-limit", check.time_limit_s, "seconds that one test may take (20)")
      ->option_text("SECONDS")
      ->check(CLI::Range(1u, 3600u));
  command->add_flag("--json", check.json, "print JSON");
  command->add_flag("--list", check.list, "print what is tested, as a table in Markdown, and end");
  command->callback([given, &reading, &check] {
    if (check.file.empty() && !check.list)
      reading.note(failure("bad-argument", "FILE is required", "name the library of a plugin").value());
    for (const std::string& set : given->sets) add_setting(reading, set, "option=value", check.sets);
    reading.command = check;
  });
}

}  // namespace

void add_author_commands(CLI::App& app, Reading& reading) {
  CLI::App* group = add_command(app, "plugin", "For authors of plugins: begin a project, check a library.",
                                "  sonde plugin new probe tls-cert\n  sonde plugin check ./build/tls-cert.so");
  group->require_subcommand(1);
  add_plugin_new(*group, reading);
  add_plugin_check(*group, reading);
}

}  // namespace sonde::core::cli
