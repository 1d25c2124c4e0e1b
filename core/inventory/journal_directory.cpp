#include "inventory/journal_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <tuple>

#include "base/descriptor.hpp"
#include "inventory/journal_lines.hpp"

namespace sonde::core {
namespace {

struct Found {
  std::string path, started;
  int64_t modified = 0;
  bool complete = false, in_use = false;
};

bool newer(const Found& a, const Found& b) {
  return std::tie(a.started, a.modified, a.path) > std::tie(b.started, b.modified, b.path);
}

int64_t modified(const struct stat& info) {
  return info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}

/// Whether the last whole line says that the run completed. append_end() keeps that line far below the block.
bool ends_complete(int fd, off_t size) {
  std::string tail(static_cast<std::size_t>(std::min<off_t>(size, 16384)), '\0');
  const ssize_t got = ::pread(fd, tail.data(), tail.size(), size - static_cast<off_t>(tail.size()));
  if (got != static_cast<ssize_t>(tail.size()) || tail.empty() || tail.back() != '\n') return false;
  tail.pop_back();
  const std::size_t before = tail.rfind('\n');
  const Result<Value> line = parse_json(std::string_view(tail).substr(before == std::string::npos ? 0 : before + 1));
  if (!line || line->find("end") == nullptr) return false;
  const Value* complete = line->find("complete");
  return complete != nullptr && complete->boolean() != nullptr && *complete->boolean();
}

std::optional<Found> inspect(const std::string& path) {
  const auto opened = journal::open_journal(path, O_RDONLY);
  if (!opened) return std::nullopt;
  const Descriptor descriptor(*opened);
  struct stat info {};
  if (::fstat(descriptor.get(), &info) != 0) return std::nullopt;
  // Foreign files may be large: look at their first bytes before anything is read as a line.
  char begin[journal::header_begin.size()];
  const ssize_t got = ::pread(descriptor.get(), begin, sizeof begin, 0);
  if (got != static_cast<ssize_t>(sizeof begin) || std::string_view(begin, sizeof begin) != journal::header_begin)
    return std::nullopt;
  journal::LineReader lines(descriptor.get());
  std::string_view line;
  if (!lines.next(line)) return std::nullopt;
  const auto header = journal::parse_header(line, path);
  if (!header) return std::nullopt;
  Found found{path, header->started, modified(info), false, false};
  found.complete = ends_complete(descriptor.get(), info.st_size);
  found.in_use = ::flock(descriptor.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  return found;
}

std::vector<Found> journals_in(const std::string& directory) {
  std::vector<Found> all;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return all;
  while (const dirent* entry = ::readdir(stream))
    if (entry->d_name[0] != '.')
      if (auto found = inspect(directory + "/" + entry->d_name)) all.push_back(std::move(*found));
  ::closedir(stream);
  std::sort(all.begin(), all.end(), newer);
  return all;
}

/// Where a run with this output directory keeps them; itself, if it is that.
std::string place_of_journals(const std::string& run) {
  const bool is_place = run == "journal" || run.ends_with("/journal") || run.ends_with("/journal/");
  return is_place ? run : run + "/journal";
}

/// What is in the place of a journal of this run and is none: perhaps one whose first line was damaged.
std::string other_file_in(const std::string& run) {
  const std::string directory = place_of_journals(run);
  std::string first;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return first;
  while (const dirent* entry = ::readdir(stream))
    if (entry->d_name[0] != '.' && (first.empty() || entry->d_name < first)) first = entry->d_name;
  ::closedir(stream);
  return first.empty() ? first : directory + "/" + first;
}

/// Why that file is no journal.
tl::unexpected<Diagnostic> no_header(const std::string& file) {
  const auto opened = journal::open_journal(file, O_RDONLY);
  if (!opened) return tl::unexpected<Diagnostic>(opened.error());
  const Descriptor descriptor(*opened);
  journal::LineReader lines(descriptor.get());
  std::string_view line;
  if (lines.next(line) && line.starts_with(journal::header_begin))
    if (const auto header = journal::parse_header(line, file); !header)
      return tl::unexpected<Diagnostic>(header.error());
  if (lines.error() != 0)
    return failure("journal-unreadable", "cannot read the journal " + file + ": " + std::strerror(lines.error()),
                   "fetch it again if it is a copy");
  return failure("journal-unreadable",
                 file + ":1: this line is no header of a journal: it is damaged, or the file is none",
                 "fetch it again if it is a copy");
}

/// As a run names its journal, by its id: 20261201T140512Z-...
bool has_name_of_a_journal(std::string_view name) {
  constexpr std::string_view form = "00000000T000000Z-";
  return name.size() > form.size() && std::equal(form.begin(), form.end(), name.begin(), [](char wanted, char is) {
           return wanted == '0' ? is >= '0' && is <= '9' : is == wanted;
         });
}

/// A journal that this user may not read and that is younger than those that can be read: it would be passed over.
std::optional<Diagnostic> barred_in(const std::string& directory, const std::vector<Found>& readable) {
  std::optional<Diagnostic> out;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) {
    if (errno == EACCES && readable.empty())
      out = Diagnostic{"journal-unreadable",
                       "cannot read the directory " + directory + ": " + std::strerror(EACCES),
                       "read it as the user whose run wrote it",
                       {},
                       Severity::error};
    return out;
  }
  int64_t newest = readable.empty() ? INT64_MIN : readable.front().modified;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string path = directory + "/" + entry->d_name;
    struct stat info {};
    if (!has_name_of_a_journal(entry->d_name) || ::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (modified(info) <= newest || ::euidaccess(path.c_str(), R_OK) == 0 || errno != EACCES) continue;
    const auto opened = journal::open_journal(path, O_RDONLY);
    if (opened) {
      ::close(*opened);
      continue;
    }
    out = opened.error();
    newest = modified(info);
  }
  ::closedir(stream);
  return out;
}

/// Wherever journals are looked for.
std::optional<Diagnostic> barred(const std::string& run, const std::vector<Found>& readable) {
  auto below = barred_in(run + "/journal", readable);
  return below ? std::move(below) : barred_in(run, readable);
}

}  // namespace

Result<std::string> newest_unfinished(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return failure("journal-unreadable", "cannot find the journal " + path + ": " + std::strerror(errno));
  if (!S_ISDIR(info.st_mode)) return path;
  std::vector<Found> all = journals_in(path), below = journals_in(path + "/journal");
  all.insert(all.end(), below.begin(), below.end());
  std::sort(all.begin(), all.end(), newer);
  if (auto why = barred(path, all)) return tl::unexpected(std::move(*why));
  if (const std::string other = other_file_in(path); all.empty() && !other.empty()) return no_header(other);
  std::size_t in_use = 0;
  const Found* complete = nullptr;
  for (const Found& found : all) {
    if (!found.complete && !found.in_use) {
      if (complete == nullptr) return found.path;
      // What the older run had found would be told as what there is now.
      return failure("no-unfinished-run", path + ": the newest run is complete, an older one was interrupted",
                     "start a new run; or name the journal of the older one: " + found.path);
    }
    if (found.complete && complete == nullptr) complete = &found;
    if (!found.complete) ++in_use;
  }
  std::string why = all.empty() ? "no journal"
                                : std::to_string(all.size()) + (all.size() == 1 ? " journal" : " journals") +
                                      ", none of an interrupted run";
  if (in_use != 0) why += "; " + std::to_string(in_use) + " of them being written by a run right now";
  return failure("no-unfinished-run", path + " holds " + why);
}

Result<std::string> newest_journal(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return failure("journal-unreadable", "cannot find the run " + path + ": " + std::strerror(errno),
                   "name the output directory of a run");
  std::vector<Found> all;
  if (S_ISDIR(info.st_mode)) {
    all = journals_in(path);
    std::vector<Found> below = journals_in(path + "/journal");
    all.insert(all.end(), below.begin(), below.end());
    std::sort(all.begin(), all.end(), newer);
    if (auto why = barred(path, all)) return tl::unexpected(std::move(*why));
    if (const std::string other = other_file_in(path); all.empty() && !other.empty()) return no_header(other);
    if (all.empty())
      return failure("journal-unreadable", path + " holds no journal of a run",
                     "name the output directory of a run: its journal/ says who found what");
  } else if (auto found = inspect(path)) {
    all.push_back(std::move(*found));
  } else {
    return path;  // who reads it says what it is
  }
  if (all.front().in_use)
    return failure("journal-in-use", all.front().path + " is being written by a run that is still going",
                   "wait until that run has ended, or stop it");
  return all.front().path;
}

void prune_journals(const std::string& directory, uint64_t keep) {
  const std::vector<Found> all = journals_in(directory);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i >= keep && !all[i].in_use) ::unlink(all[i].path.c_str());
}

}  // namespace sonde::core
