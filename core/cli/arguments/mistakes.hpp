// What is wrong with a command line, in words that say what was expected.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace sonde::core::cli {

/// What stands where a command should: nothing when it is one.
std::optional<Diagnostic> wrong_command(const CLI::App&, const std::vector<std::string>& words);
/// The group of commands (sonde itself, or `sonde plugin`) behind which the words end without a command; else null.
const CLI::App* group_without_command(const CLI::App&, const std::vector<std::string>& words);
/// An option whose value was forgotten, so that it would take the option behind it for one. `--name=--other` does.
std::optional<Diagnostic> swallowed_option(const CLI::App&, const std::vector<std::string>& words);
/// What CLI11 found.
Diagnostic explain(const CLI::ParseError&, const CLI::App&, const std::vector<std::string>& words);

}  // namespace sonde::core::cli
