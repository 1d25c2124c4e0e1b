// Which inventory files a directory stands for: those of its history, or the one that the last run wrote.
#pragma once
#include <string>
#include <utility>

#include "base/result.hpp"

namespace sonde::core::cli {

bool is_directory(const std::string& path);
/// The directory itself, or the history in it when it is an output directory.
std::string history_in(const std::string& directory);
/// The newest of the history; without one, the JSON file that run.json names.
Result<std::string> newest_inventory(const std::string& directory);
/// The newest of the history, and before it what it is compared with: of another run, see baseline_of().
Result<std::pair<std::string, std::string>> newest_two(const std::string& directory);

}  // namespace sonde::core::cli
