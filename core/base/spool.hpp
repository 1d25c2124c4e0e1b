// Bytes that are too many to keep in memory: appended once, read back at any place. What is little never touches the
// disk; the rest goes to a temporary file that has no name, so that nothing is left behind whatever ends the process.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sonde::core {

class Spool {
 public:
  /// Bytes that are collected in memory before they are written out.
  static constexpr std::size_t in_memory = std::size_t{8} << 20;

  Spool() = default;
  explicit Spool(std::size_t most_in_memory) : most_in_memory_(most_in_memory) {}
  ~Spool();
  Spool(Spool&&) noexcept;
  Spool& operator=(Spool&&) noexcept;

  /// Returns the offset at which read() finds it. What the disk refuses stays in memory, and is tried again with the
  /// next `most_in_memory` bytes: nothing is lost, and error() says that more memory is used than was meant.
  uint64_t append(std::string_view bytes);
  /// Fills `to` from there on. False beyond the end, or when the disk does not give it back. Any thread, as long as
  /// nobody appends.
  bool read(uint64_t offset, std::span<char> to) const;

  uint64_t size() const { return written_ + buffer_.size(); }
  bool on_disk() const { return fd_ >= 0; }
  int error() const { return error_; }  ///< errno of the last refusal, or 0
  /// Where it writes: $TMPDIR, else /var/tmp, which unlike /tmp is never in memory.
  static std::string directory();

 private:
  void write_out();

  std::size_t most_in_memory_ = in_memory;
  std::size_t next_write_ = 0;  ///< size of the buffer at which it is tried again; 0: at most_in_memory_
  std::string buffer_;          ///< what follows the first `written_` bytes
  uint64_t written_ = 0;
  int fd_ = -1;
  int error_ = 0;
};

}  // namespace sonde::core
