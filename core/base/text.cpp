// UTF-8 by the book, and what a terminal may be shown.
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sonde::core {
namespace {

/// One step of decoding: a code point, or the maximal subpart of an ill-formed sequence (Unicode 15, table 3-7).
struct Step {
  uint32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

Step decode(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<uint8_t>(s[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  std::size_t length = 0;
  uint8_t low = 0x80, high = 0xbf;  // of the second byte
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return {};
  }
  uint32_t code = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= s.size() || byte(i) < low || byte(i) > high) return {0, i, false};
    code = code << 6 | (byte(i) & 0x3fu);
    low = 0x80;
    high = 0xbf;
  }
  return {code, length, true};
}

/// Controls, what reorders or hides text, and line separators.
bool is_dangerous(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe007f);
}

void append_hex(std::string& out, uint32_t value, std::size_t digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  while (digits < 8 && (value >> (4 * digits)) != 0) ++digits;
  while (digits-- > 0) out += hex[(value >> (4 * digits)) & 0xf];
}

/// Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_ago(b.size() + 1), ago(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) ago[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({ago[j] + 1, row[j - 1] + 1, ago[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two_ago[j - 2] + 1);
    }
    std::swap(two_ago, ago);
    std::swap(ago, row);
  }
  return ago[b.size()];
}

}  // namespace

bool is_valid_utf8(std::string_view s) {
  while (!s.empty()) {
    if (uint64_t eight = 0; s.size() >= sizeof eight) {
      std::memcpy(&eight, s.data(), sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {  // ASCII
        s.remove_prefix(sizeof eight);
        continue;
      }
    }
    const Step step = decode(s);
    if (!step.valid) return false;
    s.remove_prefix(step.length);
  }
  return true;
}

std::string to_valid_utf8(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    const Step step = decode(s);
    out += step.valid ? s.substr(0, step.length) : std::string_view("\xef\xbf\xbd");
    s.remove_prefix(step.length);
  }
  return out;
}

std::string printable(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  while (!s.empty()) {
    const Step step = decode(s);
    if (!step.valid) {
      for (const char c : s.substr(0, step.length)) {
        out += "\\x";
        append_hex(out, static_cast<uint8_t>(c), 2);
      }
    } else if (!is_dangerous(step.code)) {
      out += s.substr(0, step.length);
    } else if (step.code < 0x80) {
      out += "\\x";
      append_hex(out, step.code, 2);
    } else {
      out += "\\u{";
      append_hex(out, step.code, 4);
      out += '}';
    }
    s.remove_prefix(step.length);
  }
  return out;
}

std::string_view did_you_mean(std::string_view word, const std::vector<std::string_view>& choices) {
  constexpr std::size_t longest = 64;
  if (word.empty() || word.size() > longest) return {};
  const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
  std::string_view best;
  std::size_t best_distance = allowed + 1;
  for (const std::string_view choice : choices) {
    if (choice.size() > longest) continue;
    const std::size_t d = distance(word, choice);
    // Replacing every letter of a short word is no resemblance.
    if (d < best_distance && d < std::max(word.size(), choice.size())) {
      best = choice;
      best_distance = d;
    }
  }
  constexpr std::size_t shortest_beginning = 3;
  if (!best.empty() || word.size() < shortest_beginning) return best;
  const auto begins = [&](std::string_view choice) { return choice.starts_with(word); };
  const auto only = std::find_if(choices.begin(), choices.end(), begins);
  return std::count_if(choices.begin(), choices.end(), begins) == 1 ? *only : best;
}

std::string counted(uint64_t n, std::string_view noun) {
  std::string out = std::to_string(n) + " ";
  out += noun;
  if (n != 1) out += 's';
  return out;
}

std::string join(const std::vector<std::string_view>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += separator;
    out += parts[i];
  }
  return out;
}

}  // namespace sonde::core
