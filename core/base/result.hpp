// A value, or the Diagnostic that says why there is none.
#pragma once
#include <tl/expected.hpp>

#include "base/diagnostic.hpp"

namespace sonde::core {

template <class T>
using Result = tl::expected<T, Diagnostic>;

inline tl::unexpected<Diagnostic> failure(std::string_view id, std::string text, std::string hint = {},
                                          SourceSpan where = {}) {
  return tl::unexpected<Diagnostic>(
      Diagnostic{std::string(id), std::move(text), std::move(hint), std::move(where), Severity::error});
}

}  // namespace sonde::core
