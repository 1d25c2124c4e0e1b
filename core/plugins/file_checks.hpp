// Whether a library file may be loaded at all: what can be told from its path and its owner, before a byte is read.
#pragma once
#include <string>

#include "base/result.hpp"

namespace sonde::core {

/// A refusal in the one form that all of them have: which file, what was expected, what was found, what to do.
tl::unexpected<Diagnostic> refused(std::string_view id, std::string_view file, std::string_view expected,
                                   std::string_view found, std::string remedy);

/// The canonical path of a regular file that nobody else can change. `strict` (root, AT_SECURE): every component
/// belongs to root and is writable by root alone; a sticky directory passes when the next component belongs to root.
/// Otherwise: the file is not writable by others.
Result<std::string> check_library_path(const std::string& path, bool strict);

}  // namespace sonde::core
