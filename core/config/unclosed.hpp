// The bracket or quote that somebody forgot to close: parsers stop far behind it, where nothing is wrong.
#pragma once
#include <optional>

#include "config/source_text.hpp"

namespace sonde::core {

/// The innermost [ or {, or the quote, that the text never closes, as far as one can tell without a parser: for texts
/// that one has refused.
std::optional<Mark> find_unclosed(const SourceText&);

/// The column that a block mapping or sequence is indented to, whose mark may be that of a tag or an anchor of it.
std::size_t column_of_block(const SourceText&, const Mark& begin);

struct OpenQuote {
  Mark at;
  std::optional<std::size_t> line;  ///< the first that cannot belong to the text; none: no quote closes it
};

/// The quote of a scalar that begins at this mark, maybe with tags and an anchor, if it is never closed, or if its text
/// has a line that is not indented deeper than the mapping or sequence that the scalar is in (`block`: its column).
/// yaml-cpp takes the end of the text for the other quote, and lines of any indentation for text: `exclude` for one.
std::optional<OpenQuote> find_unclosed_quote(const SourceText&, const Mark& scalar, std::optional<std::size_t> block);

}  // namespace sonde::core
