// How the commands that write pipelines ask for a secret.
#pragma once
#include <algorithm>
#include <string>

namespace sonde::core::cli {

/// "${SNMP_COMMUNITY:?set it in .env}" with its quotes: a file without the variable does not run with a made-up secret.
inline std::string secret_variable(const std::string& plugin, const std::string& option) {
  std::string variable = plugin + "_" + option;
  std::transform(variable.begin(), variable.end(), variable.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
  });
  return "\"${" + variable + ":?set it in .env}\"";
}

}  // namespace sonde::core::cli
