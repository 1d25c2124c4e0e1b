#include "scripts_installed.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace sonde::nmap_xml {

namespace {
constexpr std::array<std::string_view, 14> known_categories = {
    "auth",     "broadcast", "brute",     "default", "discovery", "dos",     "exploit",
    "external", "fuzzer",    "intrusive", "malware", "safe",      "version", "vuln"};
constexpr std::size_t most_bytes = 4u << 20;

/// The next text in double quotes; moves `rest` behind it.
std::string_view next_quoted(std::string_view& rest) {
  const auto open = rest.find('"');
  const auto close = open == rest.npos ? rest.npos : rest.find('"', open + 1);
  if (close == rest.npos) {
    rest = {};
    return {};
  }
  const std::string_view found = rest.substr(open + 1, close - open - 1);
  rest.remove_prefix(close + 1);
  return found;
}
}  // namespace

InstalledScripts InstalledScripts::parse(std::string_view text) {
  InstalledScripts out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line.starts_with("Entry")) continue;
    std::string_view name = next_quoted(line);
    if (!name.ends_with(".nse")) continue;
    name.remove_suffix(4);
    auto& categories = out.categories_[std::string(name)];
    for (std::string_view c = next_quoted(line); !c.empty(); c = next_quoted(line)) categories.emplace(c);
  }
  return out;
}

InstalledScripts InstalledScripts::of_program(const std::string& program) {
  const auto prefix = std::filesystem::path(program).parent_path().parent_path();
  std::ifstream file(prefix / "share/nmap/scripts/script.db", std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  return parse(std::string_view(text).substr(0, most_bytes));
}

bool InstalledScripts::is_category(std::string_view name) {
  return std::find(known_categories.begin(), known_categories.end(), name) != known_categories.end();
}

bool InstalledScripts::leaves_the_targets(std::string_view name) const {
  const auto found = categories_.find(std::string(name));
  return found != categories_.end() && (found->second.count("broadcast") || found->second.count("external"));
}

std::string InstalledScripts::near(std::string_view name) const {
  for (const auto& [known, categories] : categories_)
    if (known.starts_with(name) || name.starts_with(known)) return known;
  const std::string_view stem = name.substr(0, name.find('-'));
  for (const auto& [known, categories] : categories_)
    if (known.size() > stem.size() && known.starts_with(stem) && known[stem.size()] == '-') return known;
  return {};
}

}  // namespace sonde::nmap_xml
