// The lines of the source from the value's first on are compared with the text, which passes over quotes, indentation
// and the folding of line ends.
#include "config/text_place.hpp"

#include <algorithm>

namespace sonde::core {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Takes the first line off the text; false when there is none.
bool take_line(std::string_view& text, std::string_view& line) {
  if (text.empty()) return false;
  const std::size_t feed = std::min(text.find('\n'), text.size());
  line = text.substr(0, feed);
  text.remove_prefix(std::min(feed + 1, text.size()));
  return true;
}

/// How many bytes both begin with.
std::size_t common(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

}  // namespace

TextPlace::TextPlace(const Value& value, std::string_view source) : whole_(value.where) {
  const std::string* text = value.text();
  if (text == nullptr || whole_.line == 0 || whole_.column == 0) return;
  const std::string_view rest(*text);
  std::size_t done = 0;
  std::vector<Piece> pieces;
  std::string_view written;
  for (uint32_t line = 1; done < rest.size(); ++line) {
    if (!take_line(source, written)) return;
    if (line < whole_.line) continue;
    std::size_t column = line == whole_.line ? whole_.column - 1 : 0;
    if (column > written.size()) return;
    if (line == whole_.line && column < written.size()) {
      if (written[column] == '|' || written[column] == '>') continue;  // the text begins on the next line
      if (written[column] == '"' || written[column] == '\'') ++column;
    }
    column = std::min(written.find_first_not_of(blanks, column), written.size());
    done = std::min(rest.find_first_not_of(blanks, done), rest.size());
    const std::size_t same = common(written.substr(column), rest.substr(done));
    if (done == rest.size()) break;
    if (same == 0 && column < written.size()) return;
    if (same != 0)
      pieces.push_back({done, {whole_.file, line, static_cast<uint32_t>(column + 1), static_cast<uint32_t>(same)}});
    done += same;
    // What is left of the line may be a quote, a comment or the end of a flow mapping, but the text must go on below.
    if (done < rest.size() && blanks.find(rest[done]) == std::string_view::npos) return;
  }
  pieces_ = std::move(pieces);
}

SourceSpan TextPlace::at(std::size_t offset, std::size_t length) const {
  if (pieces_.empty()) return whole_;
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                      [](std::size_t o, const Piece& p) { return o < p.offset; });
  const Piece& piece = after == pieces_.begin() ? pieces_.front() : *std::prev(after);
  SourceSpan span = piece.where;
  if (span.line != 0) span.column += static_cast<uint32_t>(offset - std::min(offset, piece.offset));
  span.length = static_cast<uint32_t>(std::max<std::size_t>(length, 1));
  return span;
}

}  // namespace sonde::core
