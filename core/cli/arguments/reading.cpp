// Options that several commands have.
#include "cli/arguments/reading.hpp"

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/ip_address.hpp"

namespace sonde::core::cli {
namespace {

bool whole(const std::string& text, uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

std::optional<Diagnostic> read_shard(const std::string& shard, PipelineArguments& to) {
  const auto slash = shard.find('/');
  uint64_t index = 0, count = 0;
  if (slash == std::string::npos || !whole(shard.substr(0, slash), index) || !whole(shard.substr(slash + 1), count) ||
      index < 1 || index > count || count > 65536)
    return failure("bad-shard", "--shard '" + shard + "' is not I/N", "expected 1 <= I <= N <= 65536, such as 2/4")
        .value();
  to.shard_index = static_cast<uint32_t>(index - 1);
  to.shard_count = static_cast<uint32_t>(count);
  return std::nullopt;
}

}  // namespace

CLI::App* add_command(CLI::App& group, const char* name, const char* description, const char* examples) {
  CLI::App* command = group.add_subcommand(name, description);
  command->footer(std::string("\nExamples:\n") + examples);
  return command;
}

CLI::Option* repeatable(CLI::Option* option) {
  return option->take_all()->expected(1)->allow_extra_args(false);
}

void add_plugin_path(CLI::App& app, std::vector<std::string>& to) {
  repeatable(app.add_option("--plugin-path", to, "look for plugins in DIR first (repeatable)"))->option_text("DIR");
}

void add_setting(Reading& reading, const std::string& set, const char* example,
                 std::vector<std::pair<std::string, std::string>>& to) {
  const auto equals = set.find('=');
  if (equals == std::string::npos || equals == 0)
    reading.note(
        failure("bad-argument", "--set " + set + " has no '='", std::string("write --set ") + example).value());
  else
    to.emplace_back(set.substr(0, equals), set.substr(equals + 1));
}

void PipelineOptions::add(CLI::App& app, PipelineArguments& to, For what) {
  repeatable(app.add_option("--set", sets,
                            what == For::merge ? "set OUTPUT.OPTION of --pipeline (repeatable)"
                                               : "set STAGE.OPTION, OUTPUT.OPTION or limits.KEY (repeatable)"))
      ->option_text("NAME=VALUE");
  if (what != For::merge)
    app.add_flag("--skip-outside", to.overrides.skip_outside,
                 "leave out what a source brings in from outside the scope");
  if (what == For::run) {
    repeatable(
        app.add_option("-t,--target", to.overrides.targets, "scan this instead of the file's targets (repeatable)"))
        ->option_text("TARGET");
    app.add_option("--only", to.only, "of the targets, scan this address alone")->option_text("IP");
  }
  if (what != For::validate)
    app.add_option("-o,--output", to.overrides.output_dir,
                   what == For::merge ? "write results below DIR (default: that of --pipeline, or merged)"
                                      : "write results below DIR")
        ->option_text("DIR");
  if (what == For::run) {
    app.add_option("--seed", seed, "order of the targets; the same gives the same run")->option_text("N");
    app.add_option("--shard", shard, "do part I of N of the plan; its seed is 0 unless given")->option_text("I/N");
  }
  CLI::Option* file = app.add_option("--env-file", to.overrides.env_file, "read variables from FILE, not from .env")
                          ->option_text("FILE");
  app.add_flag("--no-env-file", to.overrides.no_env_file, "read no .env")->excludes(file);
  add_plugin_path(app, to.plugin_path);
}

void PipelineOptions::finish(Reading& reading, PipelineArguments& to) const {
  for (const std::string& set : sets) add_setting(reading, set, "stage.option=value", to.overrides.sets);
  if (!to.only.empty())
    if (const auto address = IpAddress::parse(to.only); !address)
      reading.note(failure("bad-argument", "--only: " + address.error().text, "write one address, such as 192.168.1.10")
                       .value());
  if (!seed.empty()) {
    uint64_t n = 0;
    if (!whole(seed, n))
      reading.note(
          failure("bad-seed", "--seed '" + seed + "' is not a whole number", "expected 0 to 18446744073709551615")
              .value());
    to.seed = n;
  }
  if (!shard.empty()) reading.note(read_shard(shard, to));
}

}  // namespace sonde::core::cli
