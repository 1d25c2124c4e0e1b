// Reading the files of the IEEE's registry.
#include "arp-oui/oui_files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <sonde/plugin.hpp>

namespace sonde::arp_oui {
namespace {

constexpr size_t largest_file = 64u << 20;  // the whole registry is 5 MB

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

// The text, or why not.
std::string read_file(const std::string& path, std::string& text) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return std::strerror(errno);
  text.clear();
  std::vector<char> chunk(256 * 1024);
  while (const size_t n = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    text.append(chunk.data(), n);
    if (text.size() > largest_file) return "larger than 64 MiB; expected a CSV file of the IEEE's registry";
  }
  return std::ferror(file.get()) ? std::strerror(errno) : "";
}

LoadedOui load_named(const std::vector<std::string>& paths) {
  OuiTableBuilder builder;
  std::string text;
  OptionFailures wrong;
  const auto add = [&](const std::string& path, const std::string& pointer) {
    if (const std::string why = read_file(path, text); !why.empty())
      throw OptionFailure(pointer, "cannot read " + path + ": " + why +
                                       "; name a CSV file of the IEEE's registry, or leave the option out to use the "
                                       "files of the package ieee-data");
    if (const std::string why = builder.add_csv(text); !why.empty()) throw OptionFailure(pointer, path + ", " + why);
  };
  for (size_t i = 0; i < paths.size(); ++i) wrong.collect([&] { add(paths[i], "/oui_files/" + std::to_string(i)); });
  wrong.throw_all();
  return {std::make_shared<const OuiTable>(builder.build()), {}};
}

}  // namespace

LoadedOui load_default_oui(const std::vector<std::string>& directories) {
  OuiTableBuilder builder;
  LoadedOui loaded;
  std::string text;
  for (const char* name : {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"}) {
    std::string trouble;
    bool found = false;
    for (const std::string& directory : directories) {
      const std::string path = directory + "/" + name;
      std::string why = read_file(path, text);
      if (why.empty()) why = builder.add_csv(text);
      if (found = why.empty(); found) break;
      trouble += (trouble.empty() ? "" : "; ") + path + ": " + why;
    }
    if (!found)
      loaded.warnings.push_back("vendors of " + std::string(name) + " stay unknown: " + trouble +
                                " (apt install ieee-data, or option oui_files)");
  }
  loaded.table = std::make_shared<const OuiTable>(builder.build());
  return loaded;
}

LoadedOui load_oui(const std::vector<std::string>& named) {
  static std::mutex mutex;
  static std::map<std::vector<std::string>, LoadedOui> loaded;
  const std::lock_guard lock(mutex);
  const auto it = loaded.find(named);
  if (it != loaded.end()) return it->second;
  LoadedOui fresh =
      named.empty() ? load_default_oui({"/var/lib/ieee-data", "/usr/share/ieee-data"}) : load_named(named);
  return loaded.emplace(named, std::move(fresh)).first->second;
}

}  // namespace sonde::arp_oui
