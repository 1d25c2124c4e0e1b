// Each message in one sentence, its hint in another.
#include "cli/usage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sonde::core::cli {
namespace {

std::string near(std::string_view word, const std::vector<std::string>& choices) {
  return std::string(did_you_mean(word, {choices.begin(), choices.end()}));
}

std::string form_of(const Usage& usage) {
  std::string form = "sonde " + usage.command;
  for (const Usage::Positional& p : usage.positionals) form += p.required ? " " + p.name : " [" + p.name + "]";
  return form;
}

/// "table, json or none"
std::string choice_of(const std::vector<std::string>& words) {
  if (words.size() < 2) return fmt::format("{}", fmt::join(words, ""));
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

}  // namespace

std::string help_of(const Usage& usage) {
  return usage.command.empty() ? "sonde --help" : "sonde " + usage.command + " --help";
}

Diagnostic unknown_option(std::string_view word, const Usage& usage, const std::vector<Usage>& all) {
  const std::string name(word.substr(0, word.find('=')));
  std::string hint;
  const bool is_word = name.size() > 2;  // each letter is near to each other letter
  if (const std::string meant = near(name, usage.options); is_word && !meant.empty()) {
    hint = fmt::format("did you mean '{}'?", meant);
  } else {
    std::vector<std::string> owners;
    for (const Usage& other : all)
      if (std::find(other.options.begin(), other.options.end(), name) != other.options.end())
        owners.push_back("sonde " + other.command);
    hint = owners.empty() ? fmt::format("`{}` lists the options", help_of(usage))
                          : fmt::format("it is an option of {}", fmt::join(owners, ", "));
  }
  const std::string who = usage.command.empty() ? "sonde takes no" : fmt::format("sonde {} has no", usage.command);
  return {"bad-argument",
          fmt::format("{} option '{}'{}", who, name, usage.command.empty() ? " in front of the command" : ""), hint};
}

Diagnostic one_too_many(std::string_view word, const Usage& usage) {
  return {"bad-argument", fmt::format("'{}' is one argument too many", word),
          fmt::format("expected: {} and options; `{}` lists them", form_of(usage), help_of(usage))};
}

Diagnostic missing_positional(const Usage& usage) {
  for (const Usage::Positional& p : usage.positionals)
    if (p.required && !p.given)
      return {"bad-argument", fmt::format("sonde {} needs {}: {}", usage.command, p.name, p.help),
              fmt::format("expected: {}; `{}` shows examples", form_of(usage), help_of(usage))};
  return {"bad-argument", fmt::format("sonde {} needs more", usage.command), "`" + help_of(usage) + "` shows examples"};
}

Diagnostic unknown_command(std::string_view word, const std::vector<Usage>& all) {
  std::vector<std::string> names;
  for (const Usage& usage : all) names.push_back(usage.command);
  const std::string list = fmt::format("commands: {}", fmt::join(names, ", "));
  if (std::find(names.begin(), names.end(), word) == names.end())
    if (const std::string meant = near(word, names); !meant.empty())
      return {"bad-argument", fmt::format("there is no command '{}'", word), fmt::format("did you mean '{}'?", meant)};
  return {"bad-argument", fmt::format("there is no command '{}'", word), list};
}

Diagnostic wrong_word(std::string_view what, std::string_view found, const std::vector<std::string>& words) {
  const std::string meant = near(found, words);
  return {"bad-argument", fmt::format("{} takes {}, found '{}'", what, choice_of(words), found),
          meant.empty() ? "" : fmt::format("did you mean '{}'?", meant)};
}

}  // namespace sonde::core::cli
