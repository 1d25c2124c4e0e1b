// Where plugins, and what else was installed, are looked for: what the user named, then where this program was
// installed. Never HOME, never the working directory by itself.
#include <sys/auxv.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "plugins/registry.hpp"

namespace sonde::core {
namespace {

namespace fs = std::filesystem;

bool runs_with_borrowed_privileges() {
  return ::getauxval(AT_SECURE) != 0;
}

void append_absolute(std::vector<std::string>& to, const fs::path& directory) {
  std::error_code ec;
  fs::path absolute = fs::absolute(directory, ec);
  if (!ec) to.push_back(absolute.lexically_normal().string());
}

void append_list(std::vector<std::string>& to, std::string_view list) {
  while (!list.empty()) {
    std::size_t end = list.find(':');
    std::string_view one = list.substr(0, end);
    if (!one.empty()) append_absolute(to, one);
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
}

/// PREFIX/BINDIR/sonde -> PREFIX/DIRECTORY, wherever PREFIX is by now; empty when that cannot be told.
fs::path installed(const fs::path& directory) {
  if (directory.is_absolute()) return directory;
  std::error_code ec;
  fs::path program = fs::read_symlink("/proc/self/exe", ec);
  if (ec) return {};
  fs::path prefix = program.parent_path();
  for ([[maybe_unused]] const auto& part : fs::path(SONDE_BINDIR)) prefix = prefix.parent_path();
  return prefix / directory;
}

}  // namespace

SearchPath default_search_path(const std::vector<std::string>& from_command_line) {
  SearchPath path;
  bool borrowed = runs_with_borrowed_privileges();
  path.strict = borrowed || ::geteuid() == 0;
  if (!borrowed) {
    for (const std::string& list : from_command_line) append_list(path.directories, list);
    if (const char* list = ::secure_getenv("SONDE_PLUGIN_PATH")) append_list(path.directories, list);
  }
  if (const fs::path own = installed(fs::path(SONDE_LIBDIR) / SONDE_PLUGIN_SUBDIR); !own.empty())
    append_absolute(path.directories, own);
  return path;
}

std::string installed_data(std::string_view below) {
  const fs::path directory = installed(fs::path(SONDE_DATADIR) / below);
  return directory.lexically_normal().string();
}

}  // namespace sonde::core
