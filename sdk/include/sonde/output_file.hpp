// sonde/output_file.hpp - a file that appears whole or not at all: written beside its place under a random name,
// made durable, then renamed. "-" is standard output; what is no regular file (a pipe, /dev/null) is written directly.
// For exporters: write() in write(), sync() in flush(), publish() or discard() in close(). Errors are sonde::Failure with
// the path and the system's reason. Optional comfort like plugin.hpp, not part of the ABI.
#ifndef SONDE_OUTPUT_FILE_HPP
#define SONDE_OUTPUT_FILE_HPP
#include <fcntl.h>
#include <sonde/detail/context.hpp>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace sonde {

class OutputFile {
 public:
  OutputFile() = default;
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  ~OutputFile() { discard(); }

  // Nothing of an older file under this path changes before publish().
  void open(const std::string &path) {
    discard();
    path_ = path;
    if (path == "-") {
      fd_ = STDOUT_FILENO;
      kind_ = Kind::borrowed;
      return;
    }
    struct stat st {};
    bool exists = ::stat(path.c_str(), &st) == 0;
    if (!exists && errno != ENOENT) fail("cannot write", errno);
    if (exists && S_ISDIR(st.st_mode)) fail("cannot write", EISDIR);
    if (exists && !S_ISREG(st.st_mode)) {
      fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd_ < 0) fail("cannot write", errno);
      kind_ = Kind::direct;
      return;
    }
    final_ = exists ? resolved(path) : path;
    create_beside(exists ? &st : nullptr);
  }

  bool is_open() const { return kind_ != Kind::closed; }
  const std::string &path() const { return path_; }

  void write(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= flush_at) drain();
  }
  // To append to without a copy; call write({}) now and then, so that it is emptied when it has grown.
  std::string &buffer() { return buffer_; }

  // On disk when it returns (as far as the kind of file knows a disk).
  void sync() {
    drain();
    if (kind_ == Kind::closed) return;
    if (::fsync(fd_) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) fail("cannot write", errno);
  }

  void publish() {
    if (kind_ == Kind::closed) return;
    sync();
    if (kind_ == Kind::renamed) {
      if (::close(std::exchange(fd_, -1)) != 0) fail("cannot write", errno);
      if (::rename(temporary_.c_str(), final_.c_str()) != 0) fail("cannot put in place", errno);
      temporary_.clear();
      sync_directory();
    } else if (kind_ == Kind::direct) {
      if (::close(std::exchange(fd_, -1)) != 0) fail("cannot write", errno);
    }
    kind_ = Kind::closed;
  }

  // Publishes nothing more: the temporary goes, an older file stays. What a pipe has taken already cannot be called back.
  void discard() noexcept {
    buffer_.clear();
    if (fd_ >= 0 && kind_ != Kind::borrowed) ::close(fd_);
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
    fd_ = -1;
    kind_ = Kind::closed;
  }

 private:
  enum class Kind { closed, renamed, direct, borrowed };
  static constexpr size_t flush_at = 256 * 1024;

  [[noreturn]] void fail(const char *what, int code) {
    std::string text = std::string(what) + " " + (path_ == "-" ? "standard output" : path_) + ": " + std::strerror(code);
    if (code == ENOENT) text += " (is there a directory " + directory_of(path_) + "?)";
    discard();
    throw Failure(SONDE_E_IO, text);
  }
  static std::string directory_of(const std::string &path) {
    size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  }
  // A symbolic link keeps pointing: the file behind it is the one to replace.
  static std::string resolved(const std::string &path) {
    char *real = ::realpath(path.c_str(), nullptr);
    if (!real) return path;
    std::string out = real;
    ::free(real);
    return out;
  }

  // Mode 0666 less umask for a new file, the older file's mode for one that is replaced. What is there already is never
  // taken nor removed: it may be the live file of another writer on a shared volume, and what killed ones left must not
  // use up the names. Process numbers tell neither apart: they repeat from container to container.
  void create_beside(const struct stat *older) {
    size_t slash = final_.rfind('/');
    const size_t base = slash == std::string::npos ? 0 : slash + 1;
    std::string stem = final_.substr(0, base);
    stem.append(1, '.').append(final_, base);
    for (unsigned n = 0; n < 100; ++n) {
      uint64_t number = 0;
      if (::getrandom(&number, sizeof number, 0) != sizeof number) break;
      char bits[17];
      std::snprintf(bits, sizeof bits, "%016llx", static_cast<unsigned long long>(number));
      std::string name = stem;
      name.append(".").append(bits).append(".tmp");
      fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (fd_ >= 0) {
        temporary_ = name;
        break;
      }
      if (errno != EEXIST) break;
    }
    if (fd_ < 0) fail("cannot write", errno);
    kind_ = Kind::renamed;
    if (older && ::fchmod(fd_, older->st_mode & 0777) != 0) fail("cannot write", errno);
  }

  void drain() {
    if (kind_ == Kind::closed) return;
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      ssize_t n = ::write(fd_, rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail("cannot write", errno);
      rest.remove_prefix(static_cast<size_t>(n));
    }
    buffer_.clear();
  }

  // The rename itself must survive a power cut. Some file systems cannot; that loses nothing that was there.
  void sync_directory() const {
    int dir = ::open(directory_of(final_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return;
    ::fsync(dir);
    ::close(dir);
  }

  Kind kind_ = Kind::closed;
  int fd_ = -1;
  std::string path_, final_, temporary_, buffer_;
};

}  // namespace sonde
#endif
