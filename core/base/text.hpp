// Text that may be hostile: what comes from the network is made valid UTF-8 when it is stored and harmless when it is
// shown on a terminal.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::core {

bool is_valid_utf8(std::string_view);
/// Invalid sequences become U+FFFD (maximal subpart practice, Unicode 15 section 3.9); everything else stays as it is.
std::string to_valid_utf8(std::string_view);
/// For a terminal or a log line. As \xNN or \u{NNNN}: control characters (C0, DEL, C1), what steers the direction of
/// text (U+061C, 200E, 200F, 202A..202E, 2066..2069), line separators (2028, 2029), what cannot be seen (200B..200D,
/// 2060..2065, 206A..206F, FEFF, FFF9..FFFB, tags from E0000), and bytes that are no UTF-8.
std::string printable(std::string_view);
/// The nearest of `choices` within a small edit distance (Damerau), else the only one that begins with the word (of
/// three letters or more), or empty.
std::string_view did_you_mean(std::string_view word, const std::vector<std::string_view>& choices);
/// "1 packet", "2 packets": the noun takes an s.
std::string counted(uint64_t n, std::string_view noun);
std::string join(const std::vector<std::string_view>&, std::string_view separator);

}  // namespace sonde::core
