// A history by the names of its files, an output directory by its run document.
#include "cli/inventory_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "inventory/history.hpp"

namespace sonde::core::cli {
namespace {

/// What the document of the last run in the directory says that it wrote as JSON; empty when there is none.
Result<std::string> written_in(const std::string& directory) {
  const std::string path = directory + "/run.json";
  if (std::error_code ignored; !std::filesystem::exists(path, ignored)) return std::string();
  const auto run = read_run_document(path);
  if (!run) return tl::unexpected(run.error());
  const auto json = std::find_if(run->outputs.begin(), run->outputs.end(), [](const std::string& output) {
    return output.ends_with(".json") || output.ends_with(".jsonl");
  });
  return json == run->outputs.end() ? std::string() : *json;
}

/// A document that came from elsewhere does not choose which files are opened here.
bool stays_below(const std::string& path) {
  const std::filesystem::path plain = std::filesystem::path(path).lexically_normal();
  return !plain.is_absolute() && !plain.empty() && *plain.begin() != "..";
}

}  // namespace

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string history_in(const std::string& directory) {
  const auto here = list_history(directory), below = list_history(directory + "/history");
  return here && here->empty() && below && !below->empty() ? directory + "/history" : directory;
}

Result<std::string> newest_inventory(const std::string& directory) {
  const auto entries = list_history(history_in(directory));
  if (!entries) return tl::unexpected(entries.error());
  if (!entries->empty()) return entries->back().path;
  const auto written = written_in(directory);
  if (!written) return tl::unexpected(written.error());
  if (!written->empty()) {
    if (stays_below(*written)) return directory + "/" + *written;
    return failure(
        "file-unreadable",
        directory + "/run.json says that the inventory is " + printable(*written) + ", outside the directory",
        "name that file itself, if it is the one you mean");
  }
  return failure("file-unreadable", directory + " holds no inventory",
                 "name an inventory, such as inventory.json, or a directory with a history");
}

Result<std::pair<std::string, std::string>> newest_two(const std::string& directory) {
  const std::string history = history_in(directory);
  auto entries = list_history(history);
  if (!entries) return tl::unexpected(entries.error());
  std::string_view holds = entries->empty() ? "no dated inventory" : "one dated inventory";
  if (entries->size() >= 2) {
    const std::string newest = entries->back().path;
    entries->pop_back();
    // A damaged document is told when the entry is read.
    const auto run = run_document_of(newest);
    const auto before = baseline_of(*entries, run ? *run : std::nullopt);
    if (before) return std::pair(before->path, newest);
    holds = "dated inventories of one run alone";
  }
  return failure("file-unreadable", history + " holds " + std::string(holds) + ", and two are compared",
                 "each run of a pipeline with `history:` adds one; or name OLD and NEW");
}

}  // namespace sonde::core::cli
