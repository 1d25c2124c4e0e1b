// Bytes of a stranger as one line of harmless, readable text.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sonde::tcp_banner {

inline constexpr std::size_t banner_bound = 256;  ///< bytes of a cleaned banner

/// Text: its first line with a letter or digit, without control characters, NULs and terminal sequences; what is not
/// UTF-8 as \xNN. Mostly unreadable bytes: all of them, escaped (\xNN, \r, \n, \t). At most `bound` bytes, never cut
/// inside a character or an escape. Valid UTF-8 always.
std::string one_line(std::string_view bytes, std::size_t bound = banner_bound);

/// `text` without blanks at both ends.
std::string_view trimmed(std::string_view text);
bool begins_with_ignoring_case(std::string_view text, std::string_view beginning);

}  // namespace sonde::tcp_banner
