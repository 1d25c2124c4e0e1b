// Lines are collected and written in blocks; what a full disk refuses is kept for the next try.
#include "inventory/journal_writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.hpp"
#include "inventory/journal_lines.hpp"
#include "inventory/settled_set.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t block = 256u << 10;           // written without waiting for sync()
constexpr std::size_t longest_backlog = 32u << 20;  // kept while the disk refuses
constexpr std::size_t most_pending_runs = 1024;

tl::unexpected<Diagnostic> unwritable(const std::string& path, int error) {
  return failure("output-unwritable", "cannot write the journal " + path + ": " + std::strerror(error));
}

}  // namespace

struct JournalWriter::Impl {
  std::string path;
  int fd = -1;
  std::string buffer;
  SettledSet pending;
  std::vector<OutcomeCounts> pending_outcomes;  ///< by stage
  uint64_t packets = 0;                         ///< as last written
  std::size_t next_write = block;               ///< size of the buffer at which it is written unasked
  bool broken = false;                          ///< lines were lost: nothing may follow them
  int error = 0;

  ~Impl() {
    if (fd >= 0) ::close(fd);
  }

  void write_out() {
    std::size_t done = 0;
    error = 0;
    while (done < buffer.size()) {
      const ssize_t n = ::write(fd, buffer.data() + done, buffer.size() - done);
      if (n > 0) {
        done += static_cast<std::size_t>(n);
      } else if (n == 0 || errno != EINTR) {
        error = n == 0 ? ENOSPC : errno;
        break;
      }
    }
    buffer.erase(0, done);
    next_write = buffer.size() + block;
    if (buffer.size() <= longest_backlog) return;
    broken = true;
    buffer = {};
  }
  void appended() {
    if (broken)
      buffer.clear();
    else if (buffer.size() >= next_write)
      write_out();
  }
  void flush_pending() {
    journal::append_runs(buffer, pending.runs(), pending_outcomes);
    pending = {};
    pending_outcomes.clear();
    appended();
  }
  void note_pending() {
    if (pending.runs().size() > most_pending_runs) flush_pending();
  }
};

JournalWriter::JournalWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

JournalWriter::~JournalWriter() {
  (void)sync(false);
}

Result<std::unique_ptr<JournalWriter>> JournalWriter::create(const std::string& path, const JournalHeader& header) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos && slash != 0)
    if (auto made = make_directories(path.substr(0, slash)); !made) return tl::unexpected(made.error());
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (impl->fd < 0) return unwritable(path, errno);
  ::flock(impl->fd, LOCK_EX | LOCK_NB);
  journal::append_header(impl->buffer, header);
  impl->write_out();
  impl->buffer.shrink_to_fit();  // the scope may be a million ranges
  // What comes later is worth nothing without its header and its name.
  if (impl->error == 0 && ::fdatasync(impl->fd) != 0) impl->error = errno;
  if (impl->error != 0) {
    const int error = impl->error;
    impl->buffer.clear();
    ::unlink(path.c_str());
    return unwritable(path, error);
  }
  sync_directory_of(path);
  return std::unique_ptr<JournalWriter>(new JournalWriter(std::move(impl)));
}

Result<std::unique_ptr<JournalWriter>> JournalWriter::append_to(const std::string& path) {
  auto fd = journal::open_journal(path, O_RDWR | O_APPEND);
  if (!fd) return tl::unexpected(fd.error());
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->fd = *fd;
  if (::flock(impl->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return failure("journal-in-use", "another run is writing the journal " + path);
  journal::LineReader lines(impl->fd);
  if (auto header = journal::read_header(lines, path); !header) return tl::unexpected(header.error());
  struct stat info {};
  if (::fstat(impl->fd, &info) != 0) return unwritable(path, errno);
  // Nothing is cut off unless the last line was seen: this may be the only copy.
  const auto end = journal::end_of_last_line(impl->fd, info.st_size);
  if (!end) return failure("journal-unreadable", "cannot read the journal " + path + ": " + std::strerror(errno));
  if (*end != info.st_size && ::ftruncate(impl->fd, *end) != 0) return unwritable(path, errno);
  return std::unique_ptr<JournalWriter>(new JournalWriter(std::move(impl)));
}

void JournalWriter::result(const IpAddress& ip, uint8_t stage, Outcome outcome, std::span<const Fact> facts,
                           std::string_view why) {
  journal::append_result(impl_->buffer, ip, stage, outcome, facts, why);
  impl_->appended();
}

void JournalWriter::settled(uint64_t position, const IpAddress& ip, const std::vector<Outcome>* outcomes) {
  if (outcomes == nullptr) {
    settled(Slice{position, 1});
    return;
  }
  journal::append_settled(impl_->buffer, position, ip, *outcomes);
  impl_->appended();
}

void JournalWriter::stage_failed(uint8_t stage, std::string_view why) {
  journal::append_failure(impl_->buffer, stage, why);
  impl_->appended();
}

void JournalWriter::unasked(uint64_t position, const IpAddress& ip, const std::vector<Outcome>& outcomes,
                            std::span<const uint8_t> stages) {
  journal::append_unasked(impl_->buffer, position, ip, outcomes, stages);
  impl_->appended();
}

void JournalWriter::settled(Slice run) {
  impl_->pending.add(run);
  impl_->note_pending();
}

void JournalWriter::silent_outcomes(std::span<const OutcomeCounts> stages) {
  auto& pending = impl_->pending_outcomes;
  if (pending.size() < stages.size()) pending.resize(stages.size());
  for (std::size_t i = 0; i < stages.size(); ++i) add_counts(pending[i], stages[i]);
}

void JournalWriter::packets(uint64_t total) {
  if (total == impl_->packets) return;
  impl_->packets = total;
  journal::append_packets(impl_->buffer, total);
  impl_->appended();
}

void JournalWriter::finished(bool complete, std::string_view reason) {
  impl_->flush_pending();
  journal::append_end(impl_->buffer, complete, reason);
  impl_->appended();
}

Result<void> JournalWriter::sync(bool durable) {
  impl_->flush_pending();
  if (!impl_->broken) impl_->write_out();
  if (impl_->broken)
    return failure("output-unwritable", "the journal " + impl_->path +
                                            " ends early: the disk refused it for too long, and what came later can "
                                            "only be done again by --resume");
  if (impl_->error != 0) return unwritable(impl_->path, impl_->error);
  if (durable && ::fdatasync(impl_->fd) != 0) return unwritable(impl_->path, errno);
  return {};
}

const std::string& JournalWriter::path() const {
  return impl_->path;
}
int JournalWriter::descriptor() const {
  return impl_->fd;
}

void write_crash_line(int descriptor, const char* plugin, const char* stage, const uint8_t ip[16], uint32_t zone) {
  // Only what signal-safety(7) allows: a buffer on the stack and one write(). The newline in front ends a line that the
  // crash may have cut.
  constexpr char digits[] = "0123456789abcdef";
  char line[1024];
  std::size_t n = 0;
  const auto literal = [&](const char* s) {
    for (; *s != '\0'; ++s) line[n++] = *s;
  };
  const auto name = [&](const char* s) {
    line[n++] = '"';
    for (std::size_t i = 0; s != nullptr && s[i] != '\0' && i < 200; ++i) {
      if (s[i] == '"' || s[i] == '\\') line[n++] = '\\';
      line[n++] = static_cast<unsigned char>(s[i]) < 0x20 ? '_' : s[i];
    }
    line[n++] = '"';
  };
  literal("\n{\"crash\":[");
  name(plugin);
  line[n++] = ',';
  name(stage);
  literal(",\"");
  for (int i = 0; i < 16; ++i) {
    line[n++] = digits[ip[i] >> 4];
    line[n++] = digits[ip[i] & 15];
  }
  literal("\",");
  char reversed[10];
  std::size_t length = 0;
  do reversed[length++] = static_cast<char>('0' + zone % 10);
  while ((zone /= 10) != 0);
  while (length != 0) line[n++] = reversed[--length];
  literal("]}\n");
  (void)!::write(descriptor, line, n);
}

}  // namespace sonde::core
