// Dated snapshots. A name is claimed by link(2), which fails when the name is taken: two runs that end together both
// keep their file.
#include "inventory/history.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/file.hpp"
#include "base/utc.hpp"
#include "inventory/coverage.hpp"

namespace sonde::core {
namespace {

constexpr int64_t second = 1'000'000'000;

tl::unexpected<Diagnostic> unwritable(const std::string& path, int error) {
  return failure("output-unwritable", "cannot write the history file " + path + ": " + std::strerror(error));
}

/// "2026-11-22", "2026-11-22T031500Z", "2026-11-22T031500Z-2": its time in UTC seconds, or nothing.
std::optional<int64_t> time_of(std::string_view when) {
  std::string_view shape = "dddd-dd-ddTddddddZ-d";
  if (when.size() != 10 && when.size() != 18 && when.size() != 20) return std::nullopt;
  for (std::size_t i = 0; i < when.size(); ++i) {
    const bool digit = when[i] >= '0' && when[i] <= '9';
    if (shape[i] == 'd' ? !digit : when[i] != shape[i]) return std::nullopt;
  }
  // As RFC 3339, which knows what days there are.
  std::string text(when.substr(0, 10));
  text += when.size() == 10 ? "T00:00:00Z"
                            : "T" + std::string(when.substr(11, 2)) + ":" + std::string(when.substr(13, 2)) + ":" +
                                  std::string(when.substr(15, 2)) + "Z";
  return parse_rfc3339(text);
}

/// Puts content into a file; false with errno.
using Write = std::function<bool(int fd)>;

/// Fills a file that was made for it, or removes it. False with errno.
bool fill(int fd, const std::string& path, const Write& write) {
  if (fd < 0) return false;
  const bool good = write(fd) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!good) ::unlink(path.c_str());
  errno = error;
  return good;
}

/// Publishes a file under a name that must be free: false with errno EEXIST when it is taken.
bool publish(const std::string& path, const Write& write) {
  std::string temporary;
  if (!fill(create_beside(path, 0644, temporary), temporary, write)) return false;
  const bool linked = ::link(temporary.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(temporary.c_str());
  if (linked) return true;
  // File systems without hard links (FAT, some network shares).
  if (error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK)
    return fill(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644), path, write);
  errno = error;
  return false;
}

/// A JSON array, a record a line; a block of it at a time is in memory. False with errno, or with what is `lost`.
bool write_array(int fd, const EachRecord& records, std::optional<Diagnostic>& lost) {
  constexpr std::size_t block = 64u << 10;
  std::string text = "[";
  bool first = true;
  int error = 0;
  const auto write_block = [&] {
    if (error == 0 && !write_all(fd, text)) error = errno;
    text.clear();
  };
  const auto read = records([&](const Value& record) {
    text += std::exchange(first, false) ? "\n" : ",\n";
    text += to_json(record);
    if (text.size() >= block) write_block();
  });
  text += "\n]\n";
  write_block();
  if (!read) lost = read.error();
  errno = error;
  return error == 0 && !lost;
}

bool is_regular(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

/// The entries that the run of `added` made before it was resumed go before those of other runs.
void earlier_parts_first(std::vector<HistoryEntry>& entries, const HistoryEntry& added) {
  const auto own = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.when == added.when; });
  const auto run = run_document_of(added.path);
  if (own == entries.end() || !run || !*run || (*run)->run_id.empty()) return;
  auto first = own;
  while (first != entries.begin()) {
    const auto before = run_document_of(std::prev(first)->path);
    if (!before || !*before || (*before)->run_id != (*run)->run_id) break;
    --first;
  }
  std::rotate(entries.begin(), first, own);
}

/// The newest complete run of those with the most targets; nothing where none is complete.
std::optional<std::size_t> with_most_targets(const std::vector<HistoryEntry>& entries) {
  std::optional<std::size_t> found;
  uint64_t most = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto run = run_document_of(entries[i].path);
    if (!run || !*run || !(*run)->complete || (*run)->targets < most) continue;
    most = (*run)->targets;
    found = i;
  }
  return found;
}

/// Names for a run of this second, the best first. Names sort by time, and one that was removed is not given again:
/// what comes later must not stand in front of what is there. In a history that cannot be read the day counts as taken.
std::vector<std::string> free_names(int64_t seconds, const Result<std::vector<HistoryEntry>>& entries) {
  const std::string day = format_utc(seconds, "%Y-%m-%d"), moment = format_utc(seconds, "%Y-%m-%dT%H%M%SZ");
  std::vector<std::string> names = {moment};
  for (char n = '2'; n <= '9'; ++n) names.push_back(moment + "-" + n);
  const auto any = [&](const auto& that) { return std::any_of(entries->begin(), entries->end(), that); };
  if (!entries) return names;
  std::erase_if(names, [&](const std::string& name) {
    return any([&](const HistoryEntry& e) { return e.when.starts_with(moment) && e.when >= name; });
  });
  if (!any([&](const HistoryEntry& e) { return e.when.starts_with(day); })) names.insert(names.begin(), day);
  return names;
}

}  // namespace

bool is_history_file(std::string_view name) {
  for (const std::string_view ending : {".run.json", ".json"}) {
    if (name.ends_with(ending)) return time_of(name.substr(0, name.size() - ending.size())).has_value();
  }
  return false;
}

Result<std::vector<HistoryEntry>> list_history(const std::string& directory) {
  std::vector<HistoryEntry> entries;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) {
    if (errno == ENOENT) return entries;
    return failure("file-unreadable", "cannot read the history " + directory + ": " + std::strerror(errno));
  }
  constexpr std::string_view ending = ".json";
  while (const dirent* item = ::readdir(stream)) {
    const std::string_view name = item->d_name;
    if (!name.ends_with(ending)) continue;
    const std::string when(name.substr(0, name.size() - ending.size()));
    const std::string path = directory + "/" + std::string(name), run = directory + "/" + when + ".run.json";
    if (!time_of(when) || !is_regular(path)) continue;
    entries.push_back({path, is_regular(run) ? run : std::string(), when});
  }
  ::closedir(stream);
  // The file without a time is the first of its day, and its name is the shorter one: both orders agree.
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.when < b.when; });
  return entries;
}

Result<SharedDocument> shared_document_of(const std::string& inventory) {
  auto run = run_document_of(inventory);
  if (!run) return tl::unexpected(run.error());
  return *run ? std::make_shared<const RunDocument>(std::move(**run)) : SharedDocument();
}

std::optional<HistoryEntry> baseline_of(const std::vector<HistoryEntry>& entries,
                                        const std::optional<RunDocument>& next, const DocumentOf& document_of) {
  std::optional<AddressSet> wanted;
  if (next) wanted = Coverage(*next).scope();
  const HistoryEntry *newest = nullptr, *best = nullptr;
  uint64_t most = 0;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    // A damaged document is told when the entry is read.
    const auto run = document_of(entry->path);
    if (next && run && *run && !next->run_id.empty() && (*run)->run_id == next->run_id) continue;
    if (newest == nullptr) newest = &*entry;
    if (!run || !*run) return *entry;
    if (!(*run)->complete) continue;
    // Slices of a --shard do not say which addresses they have; the same slice has the same gap.
    const auto gaps = [](const RunDocument& d) { return std::tie(d.scope, d.exclusions, d.not_covered); };
    if (!wanted || gaps(**run) == gaps(*next)) return *entry;
    const AddressSet had = Coverage(**run).addresses();
    AddressSet missing = *wanted;
    missing.subtract(had);
    // Hosts come and go among the targets of a source; an old run that had a few more of them is no better for that.
    if (missing.size() <= wanted->size() / 10) return *entry;
    const uint64_t shared = wanted->size() - missing.size();
    if (best == nullptr || shared > most) best = &*entry, most = shared;
  }
  if (best == nullptr) best = newest;
  return best == nullptr ? std::nullopt : std::optional(*best);
}

Result<HistoryEntry> add_to_history(const std::string& directory, const EachRecord& records, const RunDocument& run,
                                    std::chrono::system_clock::time_point now) {
  if (auto made = make_directories(directory); !made) return tl::unexpected(made.error());
  const int64_t seconds = std::chrono::system_clock::to_time_t(now);
  const std::string document = to_json(run, 2) + "\n";
  std::optional<Diagnostic> lost;
  const auto write_records = [&](int fd) { return write_array(fd, records, lost); };
  const auto write_document = [&](int fd) { return write_all(fd, document); };
  for (const std::string& when : free_names(seconds, list_history(directory))) {
    const HistoryEntry entry{directory + "/" + when + ".json", directory + "/" + when + ".run.json", when};
    // The document first: whoever sees the snapshot finds it. A name of which either half is taken is not ours.
    if (is_regular(entry.path)) continue;
    if (!publish(entry.run_path, write_document)) {
      if (errno == EEXIST) continue;
      return unwritable(entry.run_path, errno);
    }
    if (!publish(entry.path, write_records)) {
      const int error = errno;
      ::unlink(entry.run_path.c_str());
      if (lost) return tl::unexpected(*lost);
      if (error == EEXIST) continue;
      return unwritable(entry.path, error);
    }
    sync_directory_of(entry.path);
    return entry;
  }
  return failure("output-unwritable", "the history " + directory + " has no name left for a file of the second " +
                                          format_utc(seconds, "%Y-%m-%dT%H%M%SZ"));
}

Result<void> prune_history(const std::string& directory, const HistoryEntry& added,
                           std::chrono::system_clock::time_point now, uint64_t keep_count, int64_t keep_age) {
  auto entries = list_history(directory);
  if (!entries) return tl::unexpected(entries.error());
  // Runs that ended early cost no deltas: what the next run is compared with stays, however old.
  std::optional<RunDocument> like_added;
  if (auto run = run_document_of(added.path); run && *run) like_added = std::move(**run), like_added->run_id.clear();
  const auto baseline = baseline_of(*entries, like_added);
  const int64_t seconds = std::chrono::system_clock::to_time_t(now);
  earlier_parts_first(*entries, added);
  std::optional<std::size_t> widest;  // looked for when something is to be removed
  std::optional<Diagnostic> kept;
  const auto remove = [&](const std::string& path) {
    if (path.empty() || ::unlink(path.c_str()) == 0 || errno == ENOENT || kept) return;
    kept = failure("history-warning", "cannot remove " + path + ": " + std::strerror(errno)).value();
  };
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const HistoryEntry& entry = (*entries)[i];
    if (entry.when == added.when || (baseline && entry.when == baseline->when)) continue;
    const bool too_many = keep_count != 0 && entries->size() - i > keep_count;
    // A name without a time stands for a run of any moment of that day.
    const int64_t latest = *time_of(entry.when) + (entry.when.size() == 10 ? 86400 : 0);
    const bool too_old = keep_age != 0 && latest < seconds - keep_age / second;
    if (too_many && !widest) widest = with_most_targets(*entries).value_or(entries->size());
    if (!too_old && (!too_many || i == *widest)) continue;
    remove(entry.path);
    remove(entry.run_path);
  }
  if (kept) return tl::unexpected(*kept);
  return {};
}

}  // namespace sonde::core
