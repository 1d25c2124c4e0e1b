// Reading with a bound and writing beside-and-rename, on plain descriptors: errno is the message.
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>

#include "base/descriptor.hpp"

namespace sonde::core {
namespace {

std::string reason() {
  return std::strerror(errno);
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure("file-unreadable", "cannot read " + path + ": " + reason());
  std::string content;
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t n = ::read(file.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure("file-unreadable", "cannot read " + path + ": " + reason());
    if (n == 0) return content;
    if (content.size() + static_cast<std::size_t>(n) > limit)
      return failure("config-too-large",
                     path + " is larger than the " + std::to_string(limit) + " bytes that are read");
    content.append(block.data(), static_cast<std::size_t>(n));
  }
}

int create_beside(const std::string& path, uint32_t mode, std::string& temporary) {
  const std::size_t slash = path.rfind('/'), base = slash == std::string::npos ? 0 : slash + 1;
  const std::string stem = path.substr(0, base) + "." + path.substr(base) + ".";
  constexpr int most_tries = 100;
  std::random_device random;
  for (int n = 0; n < most_tries; ++n) {
    std::array<char, 17> bits{};
    std::snprintf(bits.data(), bits.size(), "%08x%08x", random(), random());
    temporary = stem + bits.data() + ".tmp";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

void sync_directory_of(const std::string& path) {
  const Descriptor directory(::open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() >= 0) ::fsync(directory.get());
}

Result<void> write_file_atomically(const std::string& path, std::string_view content, uint32_t mode) {
  std::string beside;
  const auto refuse = [&](const char* what) {
    const std::string why = reason();
    ::unlink(beside.c_str());
    return failure("output-unwritable", std::string("cannot ") + what + " " + path + ": " + why);
  };
  Descriptor file(create_beside(path, mode, beside));
  if (file.get() < 0) return failure("output-unwritable", "cannot write " + path + ": " + reason());
  if (!write_all(file.get(), content) || ::fsync(file.get()) != 0 || !file.close()) return refuse("write");
  if (::rename(beside.c_str(), path.c_str()) != 0) return refuse("put in place");
  sync_directory_of(path);
  return {};
}

std::ptrdiff_t append_block(int fd, std::string& to) {
  constexpr std::size_t block = 256u << 10;
  const std::size_t had = to.size();
  to.resize(had + block);
  ssize_t got = 0;
  do got = ::read(fd, to.data() + had, block);
  while (got < 0 && errno == EINTR);
  const int error = errno;
  to.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  errno = error;
  return got;
}

Result<void> make_directories(const std::string& path, uint32_t mode) {
  for (std::size_t at = 0; at != std::string::npos && at < path.size();) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), mode) == 0) continue;
    const int error = errno;
    struct stat info {};
    if (::stat(part.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) continue;
    const char* why = error == EEXIST ? "it exists and is no directory" : std::strerror(error);
    return failure("output-unwritable", "cannot make the directory " + part + ": " + why);
  }
  return {};
}

}  // namespace sonde::core
