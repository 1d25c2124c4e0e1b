// The path of a library: absolute, canonical, a regular file, of a sane size, and changeable by nobody else.
#include "plugins/file_checks.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace sonde::core {
namespace {

constexpr off_t max_library_size = off_t{1} << 30;

Result<void> check_absolute(const std::string& path) {
  if (!path.empty() && path[0] == '/' && path.find('\0') == std::string::npos) return {};
  return refused("file-unreadable", path, "an absolute path", "a relative one",
                 "name the library by its whole path, from / on");
}

Result<std::string> canonical(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved)) return std::string(resolved);
  return refused("file-unreadable", path, "a library file", std::strerror(errno),
                 "check the path and that this user may read it");
}

Result<struct stat> status_of(const std::string& path) {
  struct stat s {};
  if (::lstat(path.c_str(), &s) == 0) return s;
  return refused("file-unreadable", path, "a library file", std::strerror(errno),
                 "check the path and that this user may read it");
}

std::string_view type_name(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Result<void> check_regular(const std::string& path, const struct stat& s) {
  if (!S_ISREG(s.st_mode))
    return refused("file-unreadable", path, "a regular file", type_name(s.st_mode),
                   "remove it from the plugin directory");
  if (s.st_size > max_library_size)
    return refused("file-unreadable", path, "a library of at most 1 GiB", fmt::format("{} bytes", s.st_size),
                   "strip the library of its debugging symbols, or remove it");
  return {};
}

Result<void> check_not_writable_by_others(const std::string& path, const struct stat& s) {
  if ((s.st_mode & S_IWOTH) == 0) return {};
  return refused("plugin-permissions", path, "a file that others cannot write",
                 fmt::format("mode {:04o}", s.st_mode & 07777), fmt::format("chmod o-w {}", path));
}

/// "/", "/usr", "/usr/lib", ...
std::vector<std::string> components_of(const std::string& canonical_path) {
  std::vector<std::string> out = {"/"};
  for (std::size_t i = 1; i <= canonical_path.size(); ++i)
    if (i == canonical_path.size() || canonical_path[i] == '/') out.push_back(canonical_path.substr(0, i));
  return out;
}

Result<void> check_roots_alone(const std::string& path) {
  bool next_must_be_roots = false;
  for (const std::string& part : components_of(path)) {
    auto s = status_of(part);
    if (!s) return tl::unexpected(s.error());
    if (s->st_uid != 0) {
      std::string_view expected = next_must_be_roots ? "root as its owner (it is in a directory that all may write)"
                                                     : "root as the owner of each part of the path";
      return refused("plugin-permissions", path, expected, fmt::format("{} belongs to uid {}", part, s->st_uid),
                     fmt::format("chown root {}, or run sonde as an ordinary user", part));
    }
    bool writable = (s->st_mode & (S_IWGRP | S_IWOTH)) != 0;
    bool sticky_directory = S_ISDIR(s->st_mode) && (s->st_mode & S_ISVTX) != 0;
    if (writable && !sticky_directory)
      return refused("plugin-permissions", path, "parts of the path that only root can write",
                     fmt::format("{} has mode {:04o}", part, s->st_mode & 07777),
                     fmt::format("chmod go-w {}, or run sonde as an ordinary user", part));
    next_must_be_roots = writable;
  }
  return {};
}

}  // namespace

tl::unexpected<Diagnostic> refused(std::string_view id, std::string_view file, std::string_view expected,
                                   std::string_view found, std::string remedy) {
  return failure(id, fmt::format("plugin library {}: expected {}, found {}", file, expected, found), std::move(remedy));
}

Result<std::string> check_library_path(const std::string& path, bool strict) {
  if (auto ok = check_absolute(path); !ok) return tl::unexpected(ok.error());
  auto real = canonical(path);
  if (!real) return real;
  auto status = status_of(*real);
  if (!status) return tl::unexpected(status.error());
  if (auto ok = check_regular(*real, *status); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_not_writable_by_others(*real, *status); !ok) return tl::unexpected(ok.error());
  if (!strict) return real;
  if (auto ok = check_roots_alone(*real); !ok) return tl::unexpected(ok.error());
  return real;
}

}  // namespace sonde::core
