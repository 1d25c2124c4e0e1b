// What the commands' arguments share: where the result goes, words that stand for values, options of several commands.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/usage.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sonde::core::cli {

/// What reading a command line leaves: the command, and the first thing that CLI11 could not see is wrong.
struct Reading {
  std::optional<Command> command;
  std::optional<Diagnostic> problem;

  void note(std::optional<Diagnostic> found) {
    if (found && !problem) problem = std::move(found);
  }
};

/// Words of an option and what they stand for, in the order in which help and messages name them.
template <class T>
using Words = std::vector<std::pair<std::string, T>>;

template <class T>
void pick(Reading& reading, const char* what, const std::string& word, const Words<T>& words, T& to) {
  const auto found = std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.first == word; });
  if (found != words.end()) {
    to = found->second;
    return;
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : words) names.push_back(name);
  reading.note(wrong_word(what, word, names));
}

inline const Words<bool> text_formats{{"text", false}, {"json", true}};
inline const Words<bool> table_formats{{"table", false}, {"json", true}};

/// `examples`: two lines, without the heading.
CLI::App* add_command(CLI::App& group, const char* name, const char* description, const char* examples);
/// May be given again and again, with one value each time.
CLI::Option* repeatable(CLI::Option*);
void add_plugin_path(CLI::App&, std::vector<std::string>& to);
/// "name=value", cut; a problem when there is no '='. `example` is for the hint.
void add_setting(Reading&, const std::string& set, const char* example,
                 std::vector<std::pair<std::string, std::string>>& to);

/// What shapes a plan, or the outputs of one. Lives until the command line is read.
struct PipelineOptions {
  enum class For : uint8_t { run, validate, merge };
  std::vector<std::string> sets;
  std::string seed, shard;

  void add(CLI::App&, PipelineArguments& to, For);
  /// What CLI11 cannot check.
  void finish(Reading&, PipelineArguments& to) const;
};

// The commands, by what they are about.
void add_running_commands(CLI::App&, Reading&);    ///< run, merge, validate, plan
void add_plugin_commands(CLI::App&, Reading&);     ///< list, describe, schema, create
void add_author_commands(CLI::App&, Reading&);     ///< plugin new, plugin check
void add_inventory_commands(CLI::App&, Reading&);  ///< diff, history, doctor

}  // namespace sonde::core::cli
