// What CLI11 knows of the commands, handed to usage.cpp, which has the words. CLI11's own texts reach nobody.
#include "cli/arguments/mistakes.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/arguments/help.hpp"
#include "cli/usage.hpp"

namespace sonde::core::cli {
namespace {

bool is_group(const CLI::App* command) {
  return !command->get_subcommands([](const CLI::App*) { return true; }).empty();
}

Usage usage_of(const CLI::App& command) {
  Usage usage;
  if (command.get_parent() != nullptr) usage.command = full_name(command).substr(sizeof "sonde");
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

Diagnostic needs_value(const std::string& name, const CLI::Option& option) {
  const std::string what = option.get_option_text().empty() ? "a value" : option.get_option_text();
  return {"bad-argument", name + " needs a value: " + what, option.get_description()};
}

const CLI::App* command_of(const CLI::App& group, const std::string& word) {
  const auto found = group.get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
  return found.empty() ? nullptr : found.front();
}

}  // namespace

const CLI::App* group_without_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const std::string& word : words)
    if (!is_group(at) || (at = command_of(*at, word)) == nullptr) return nullptr;
  return is_group(at) ? at : nullptr;
}

/// CLI11 says of all of these only that a command is missing.
std::optional<Diagnostic> wrong_command(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  std::vector<Usage> all = all_usages(app);
  for (Usage& usage : all) usage.command = usage.command.substr(usage.command.rfind(' ') + 1);  // within the group
  if (app.get_parent() == nullptr) all.emplace_back().command = "help";
  const std::string& word = words.front();
  const Usage top = usage_of(app);
  if (!word.empty() && word.front() == '-') {
    if (std::find(top.options.begin(), top.options.end(), word) != top.options.end()) return std::nullopt;
    return unknown_option(word, top, all);
  }
  const CLI::App* found = command_of(app, word);
  if (found == nullptr) return unknown_command(word, all);
  if (!is_group(found)) return std::nullopt;
  return wrong_command(*found, {words.begin() + 1, words.end()});
}

std::optional<Diagnostic> swallowed_option(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::size_t at = 0;
  while (at < words.size() && is_group(command)) {
    command = command_of(*command, words[at++]);
    if (command == nullptr) return std::nullopt;
  }
  const auto option_of = [&](const std::string& word) {
    const bool named = word.size() > 1 && word.front() == '-' && word != "--";
    return named ? command->get_option_no_throw(word.substr(0, word.find('='))) : nullptr;
  };
  for (; at + 1 < words.size() && words[at] != "--"; ++at) {
    const CLI::Option* option = option_of(words[at]);
    if (option == nullptr || option->get_expected_min() == 0 || words[at].find('=') != std::string::npos) continue;
    if (option_of(words[at + 1]) != nullptr) return needs_value(words[at], *option);
    ++at;  // its value
  }
  return std::nullopt;
}

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
    const std::string what = option->get_option_text().empty() ? "value" : option->get_option_text();
    if (option->count() > 1) return {"bad-argument", name + " is given more than once", "it takes one " + what};
    return needs_value(name, *option);
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&wrong) != nullptr)
    return {"bad-argument", name + " and " + said.substr(said.rfind(' ') + 1) + " exclude each other",
            "give one of the two"};
  return {"bad-argument", said, "`" + help_of(usage) + "` lists the arguments"};
}

}  // namespace sonde::core::cli
