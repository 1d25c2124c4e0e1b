// What to say about a command line that is wrong: what was found, what the command takes, what was probably meant.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace sonde::core::cli {

/// What one command takes.
struct Usage {
  struct Positional {
    std::string name, help;  ///< "FILE", "the pipeline file"
    bool required = false, given = false;
  };
  std::string command;               ///< "run"; empty: sonde itself
  std::vector<std::string> options;  ///< "-t", "--target"
  std::vector<Positional> positionals;
};

/// `all`: the usages of every command, for options that belong to another one.
Diagnostic unknown_option(std::string_view word, const Usage&, const std::vector<Usage>& all);
Diagnostic one_too_many(std::string_view word, const Usage&);
/// The first required positional that was not given.
Diagnostic missing_positional(const Usage&);
Diagnostic unknown_command(std::string_view word, const std::vector<Usage>& all);
/// `what`: "--format"; `words`: what it takes.
Diagnostic wrong_word(std::string_view what, std::string_view found, const std::vector<std::string>& words);
/// "sonde run --help"
std::string help_of(const Usage&);

}  // namespace sonde::core::cli
