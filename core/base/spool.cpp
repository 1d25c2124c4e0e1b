// O_TMPFILE where the file system has it, else a file that is unlinked as soon as it is open.
#include "base/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sonde::core {
namespace {

int open_unnamed(const std::string& directory) {
#ifdef O_TMPFILE
  const int unnamed = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
  if (unnamed >= 0 || errno == ENOSPC || errno == EMFILE || errno == ENFILE) return unnamed;
#endif
  std::string name = directory + "/sonde-XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

}  // namespace

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
}

Spool::Spool(Spool&& other) noexcept
    : most_in_memory_(other.most_in_memory_),
      next_write_(other.next_write_),
      buffer_(std::exchange(other.buffer_, {})),
      written_(std::exchange(other.written_, 0)),
      fd_(std::exchange(other.fd_, -1)),
      error_(other.error_) {}

Spool& Spool::operator=(Spool&& other) noexcept {
  if (this == &other) return *this;
  Spool taken(std::move(other));
  std::swap(most_in_memory_, taken.most_in_memory_);
  std::swap(next_write_, taken.next_write_);
  std::swap(buffer_, taken.buffer_);
  std::swap(written_, taken.written_);
  std::swap(fd_, taken.fd_);
  std::swap(error_, taken.error_);
  return *this;
}

std::string Spool::directory() {
  const char* named = ::secure_getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/var/tmp";
}

uint64_t Spool::append(std::string_view bytes) {
  const uint64_t offset = size();
  buffer_ += bytes;
  if (buffer_.size() >= std::max(most_in_memory_, next_write_)) write_out();
  return offset;
}

void Spool::write_out() {
  if (fd_ < 0) fd_ = open_unnamed(directory());
  error_ = fd_ < 0 ? errno : 0;
  std::size_t done = 0;
  while (error_ == 0 && done < buffer_.size()) {
    const ssize_t n = ::pwrite(fd_, buffer_.data() + done, buffer_.size() - done, static_cast<off_t>(written_ + done));
    if (n > 0)
      done += static_cast<std::size_t>(n);
    else if (n == 0 || errno != EINTR)
      error_ = n == 0 ? ENOSPC : errno;
  }
  buffer_.erase(0, done);
  written_ += done;
  next_write_ = error_ == 0 ? 0 : buffer_.size() + most_in_memory_;
}

bool Spool::read(uint64_t offset, std::span<char> to) const {
  if (offset > size() || to.size() > size() - offset) return false;
  while (!to.empty() && offset < written_) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<uint64_t>(to.size(), written_ - offset));
    const ssize_t n = ::pread(fd_, to.data(), wanted, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    offset += static_cast<uint64_t>(n);
    to = to.subspan(static_cast<std::size_t>(n));
  }
  if (!to.empty()) std::memcpy(to.data(), buffer_.data() + (offset - written_), to.size());
  return true;
}

}  // namespace sonde::core
