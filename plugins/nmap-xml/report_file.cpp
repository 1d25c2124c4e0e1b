#include "report_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sonde/plugin.hpp>

namespace sonde::nmap_xml {

namespace {
constexpr std::size_t chunk = 64u << 10;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw Failure(SONDE_E_CONFIG, path + ": " + why);
}

ssize_t read_at(int fd, char* to, std::size_t n, uint64_t offset) {
  for (;;) {
    const ssize_t got = ::pread(fd, to, n, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}
}  // namespace

ReportFile::ReportFile(std::string path) : path_(std::move(path)) {
  fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd_ < 0) fail(path_, std::string("cannot be read: ") + std::strerror(errno));
  struct stat st {};
  if (::fstat(fd_, &st) != 0 || !S_ISREG(st.st_mode)) {
    ::close(fd_);
    fail(path_, S_ISDIR(st.st_mode) ? "is a directory: name the report in it" : "is no regular file");
  }
}

ReportFile::~ReportFile() {
  ::close(fd_);
}

void ReportFile::take(const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::root:
      any_root_ = true;
      if (head_.scanner.empty()) head_ = read_head(piece.text);
      return;
    case Piece::Kind::host:
      if (auto host = read_host(piece.text)) {
        ++hosts_;
        return waiting_.push_back({std::move(*host), piece.offset});
      }
      trouble_ = "the host at byte " + std::to_string(piece.offset) + " is damaged and left out";
      return;
    case Piece::Kind::refused:
      trouble_ =
          "the host at byte " + std::to_string(piece.offset) + " " + std::string(piece.text) + " and is left out";
      return;
    case Piece::Kind::run_stats:
      return;
  }
}

std::optional<Host> ReportFile::next() {
  while (taken_ == waiting_.size()) {
    waiting_.clear();
    taken_ = 0;
    if (ended_) return std::nullopt;
    char buffer[chunk];
    const ssize_t n = read_at(fd_, buffer, sizeof buffer, position_);
    if (n < 0) throw Failure(SONDE_E_IO, path_ + ": " + std::strerror(errno));
    position_ += static_cast<uint64_t>(n);
    const bool good =
        splitter_.feed({buffer, static_cast<std::size_t>(n)}, [this](const Piece& piece) { take(piece); });
    if (n > 0 && good) continue;
    ended_ = true;
    if (!any_root_) {
      if (position_ == 0) fail(path_, "is empty");
      fail(path_, good ? "is no report of nmap: it ends before <nmaprun>" : splitter_.error());
    }
    if (!splitter_.whole())
      trouble_ = "it " + (good ? "ends in the middle, at byte " + std::to_string(position_) : splitter_.error()) +
                 ": its " + std::to_string(hosts_) + " whole hosts are used";
  }
  host_offset_ = waiting_[taken_].offset;
  return std::move(waiting_[taken_++].host);
}

std::optional<Host> ReportFile::at(uint64_t offset) const {
  Splitter splitter(offset, true);
  std::optional<Host> found;
  bool over = false;
  char buffer[4096];
  for (uint64_t position = offset; !over && position - offset <= Splitter::max_element;) {
    const ssize_t n = read_at(fd_, buffer, sizeof buffer, position);
    if (n <= 0) break;
    position += static_cast<uint64_t>(n);
    const bool good = splitter.feed({buffer, static_cast<std::size_t>(n)}, [&](const Piece& piece) {
      if (!over && piece.kind == Piece::Kind::host && piece.offset == offset) found = read_host(piece.text);
      over = true;
    });
    if (!good) break;
  }
  return found;
}

}  // namespace sonde::nmap_xml
