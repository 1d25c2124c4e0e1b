// Where the parts of a value's text stand in the file. A value may be in quotes, folded over several lines, or changed
// by interpolation; a message about one word of it must still point to that word, or honestly to the whole.
#pragma once
#include <string_view>
#include <vector>

#include "base/value.hpp"

namespace sonde::core {

class TextPlace {
 public:
  TextPlace() = default;
  /// Text that stands in the file as it is, its first character at `start`.
  TextPlace(SourceSpan start) : whole_(start), pieces_{{0, std::move(start)}} {}
  /// `value` is a text that was read out of `source`, the text of the file.
  TextPlace(const Value& value, std::string_view source);

  const SourceSpan& whole() const { return whole_; }
  /// Of `length` bytes from `offset` of the text on; the whole value when that is not known.
  SourceSpan at(std::size_t offset, std::size_t length) const;

 private:
  struct Piece {
    std::size_t offset = 0;  ///< in the text
    SourceSpan where{};
  };
  SourceSpan whole_{};
  std::vector<Piece> pieces_;  ///< by offset; empty: the text is not the file's
};

}  // namespace sonde::core
