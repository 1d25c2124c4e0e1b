// The bracket or quote that somebody forgot to close: parsers stop far behind it, where nothing is wrong.
#pragma once
#include <optional>

#include "config/source_text.hpp"

namespace sonde::core {

/// The innermost [ or {, or the quote, that the text never closes, as far as one can tell without a parser: for texts
/// that one has refused.
std::optional<Mark> find_unclosed(const SourceText&);

/// The quote of a scalar that begins at this mark, maybe with a tag or an anchor, if it is never closed. yaml-cpp takes
/// the end of the text for the other quote, and what stands below, `exclude` for one, for text.
std::optional<Mark> find_unclosed_quote(const SourceText&, const Mark& scalar);

}  // namespace sonde::core
