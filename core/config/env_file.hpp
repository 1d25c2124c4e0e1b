// .env files: NAME=value lines that stand in for variables which the environment does not have.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/diagnostic.hpp"

namespace sonde::core {

/// Letters, digits and '_', no digit in front.
bool is_variable_name(std::string_view);

using Environment = std::map<std::string, std::string>;

/// Adds what `text` defines and `into` does not have yet. Lines: NAME=value, `export ` in front allowed; a value in
/// single quotes stands as it is, in double quotes with \n \t \" \\ \$; bare, it ends at " #". Nothing is expanded.
void parse_env_file(std::string_view text, const std::string& file, Environment& into, Diagnostics& out);

/// The variables of this process.
Environment process_environment();

/// Adds the .env that belongs to a pipeline file: the one named, else `directory`/.env, else ./.env.
void add_env_file(const std::string& named, const std::string& directory, Environment& into, Diagnostics& out);

}  // namespace sonde::core
