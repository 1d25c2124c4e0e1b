// The text of a file by lines: places for people, and what has to be right before YAML is parsed at all.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"

namespace sonde::core {

/// Line and column from 0, in bytes, as parsers count; beyond the text when the parser knew no place.
struct Mark {
  std::size_t line = SIZE_MAX, column = 0;
};

class SourceText {
 public:
  SourceText(std::string_view text, const std::string& file);
  std::string_view text() const { return text_; }
  std::size_t lines() const { return starts_.size(); }
  std::string_view line(std::size_t index) const;  ///< without its end; empty beyond the text
  std::string_view rest(const Mark&) const;        ///< from the mark to the end of its line
  SourceSpan at(const Mark&, std::size_t length = 1) const;
  /// The columns that a scalar takes on its first line, quotes included.
  std::size_t length_of(const Mark&, std::string_view value) const;

 private:
  std::string_view text_;
  std::string file_;
  std::vector<std::size_t> starts_;
};

/// UTF-8 without control characters; else where it is not.
bool check_characters(const SourceText&, Diagnostics& out);

/// YAML forbids tabs in indentation, and parsers answer them with errors far away: nothing, and the place of the first.
/// In blank lines and in front of comments they do no harm; yaml-cpp refuses them all the same, so there they become
/// blanks.
std::optional<std::string> without_harmless_tabs(const SourceText&, Diagnostics& out);

}  // namespace sonde::core
