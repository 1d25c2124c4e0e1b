// A file or a text from its beginning to its end, with the piece in hand and a block in memory: JSON that is larger
// than one text may be is cut here into texts that parse_json reads.
#pragma once
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.hpp"

namespace sonde::core {

class JsonWindow {
 public:
  static constexpr std::size_t largest_piece = std::size_t{64} << 20;  ///< as large as one JSON text may be

  explicit JsonWindow(int descriptor) : descriptor_(descriptor) { fill(); }
  explicit JsonWindow(std::string_view text) : buffer_(text) {}

  bool has() { return at_ < buffer_.size() || fill(); }
  char front() const { return buffer_[at_]; }
  void skip() { ++at_; }
  bool take(char c) {
    if (!has() || front() != c) return false;
    skip();
    return true;
  }
  bool take(std::string_view beginning) {
    if (!std::string_view(buffer_).substr(at_).starts_with(beginning)) return false;
    at_ += beginning.size();
    return true;
  }
  /// And marks what comes behind it.
  void skip_space() {
    mark();
    while (has() && (front() == ' ' || front() == '\t' || front() == '\n' || front() == '\r')) {
      skip();
      mark();
    }
  }
  /// Goes behind the object, list, text or word that is here. What is between its brackets is left to parse_json. False
  /// when the input ends in it, or there is none. With `keep` it is in since_mark() then, from mark() on.
  bool skip_value(bool keep = true) {
    std::size_t depth = 0;
    bool quoted = false;
    const auto is_end = [](char c) { return std::string_view(",]}: \t\r\n").find(c) != std::string_view::npos; };
    for (bool begun = false; has(); begun = true) {
      if (!keep) mark();
      const char c = front();
      if (!quoted && depth == 0 && is_end(c)) return begun;
      skip();
      if (quoted && c == '\\') {
        if (!has()) return false;
        skip();
      } else if (c == '"') {
        quoted = !quoted;
        if (!quoted && depth == 0) return true;
      } else if (quoted) {
        continue;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return true;
      }
    }
    return false;
  }
  void mark() { mark_ = at_; }
  std::string_view since_mark() const { return std::string_view(buffer_).substr(mark_, at_ - mark_); }
  /// Of the next character, from 1 on.
  std::size_t line() const { return 1 + lines_ + newlines(at_); }
  const std::string& head() const { return head_; }  ///< of a file, the first 4 KiB
  bool too_long() const { return too_long_; }
  int error() const { return error_; }

 private:
  std::size_t newlines(std::size_t end) const {
    return static_cast<std::size_t>(std::count(
        buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::min(end, buffer_.size())), '\n'));
  }
  bool fill() {
    if (descriptor_ < 0 || error_ != 0) return false;
    too_long_ = at_ - mark_ > largest_piece;
    if (too_long_) return false;
    lines_ += newlines(mark_);
    buffer_.erase(0, mark_);
    at_ -= std::exchange(mark_, 0);
    const std::size_t had = buffer_.size();
    const std::ptrdiff_t got = append_block(descriptor_, buffer_);
    if (got < 0) error_ = errno;
    if (head_.size() < head_size) head_ += buffer_.substr(had, head_size - head_.size());
    return got > 0;
  }

  static constexpr std::size_t head_size = 4096;

  int descriptor_ = -1;
  std::string buffer_, head_;
  std::size_t at_ = 0, mark_ = 0;
  std::size_t lines_ = 0;  ///< before the buffer
  bool too_long_ = false;
  int error_ = 0;
};

}  // namespace sonde::core
