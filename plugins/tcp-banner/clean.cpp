// Cleaning works on units: a readable character (one to four bytes of valid UTF-8), a control character, or one byte
// that is no text at all.
#include "clean.hpp"

#include <cstdint>

namespace sonde::tcp_banner {
namespace {

enum class Kind : uint8_t { readable, blank, control, line_end, broken };
struct Unit {
  Kind kind;
  std::size_t length;
};

// Characters that change how the rest of a line is shown: C1, line separators, bidirectional controls, BOM.
bool steers_display(uint32_t c) {
  return (c >= 0x80 && c <= 0x9f) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

Unit next_unit(std::string_view s) {
  auto byte = [&](std::size_t i) -> uint32_t { return i < s.size() ? static_cast<uint8_t>(s[i]) : 0u; };
  const uint32_t lead = byte(0);
  if (lead == '\n' || lead == '\r') return {Kind::line_end, 1};
  if (lead == ' ' || lead == '\t') return {Kind::blank, 1};
  if (lead < 0x20 || lead == 0x7f) return {Kind::control, 1};
  if (lead < 0x80) return {Kind::readable, 1};
  const std::size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || length > s.size()) return {Kind::broken, 1};
  uint32_t c = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80u) return {Kind::broken, 1};
    c = c << 6 | (byte(i) & 0x3fu);
  }
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return {Kind::broken, 1};
  return {steers_display(c) ? Kind::control : Kind::readable, length};
}

// Bytes of a terminal sequence at the front (ESC [ ... letter, ESC ] ... BEL), else 0.
std::size_t terminal_sequence(std::string_view s) {
  if (s.size() < 2 || s[0] != '\x1b') return 0;
  std::size_t i = 2;
  if (s[1] == '[') {
    while (i < s.size() && s[i] >= 0x20 && s[i] <= 0x3f) ++i;
    return i < s.size() ? i + 1 : i;
  }
  if (s[1] == ']') {
    while (i < s.size() && s[i] != '\a' && s[i] != '\n' && s[i] != '\x1b') ++i;
    return i < s.size() && s[i] == '\a' ? i + 1 : i;
  }
  return 2;
}

void escape(std::string_view bytes, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  for (char c : bytes) {
    switch (c) {
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\x";
        out += digits[static_cast<uint8_t>(c) >> 4];
        out += digits[static_cast<uint8_t>(c) & 15];
    }
  }
}

// NULs do not count: text protocols pad with them. A sequence cut off at the end counts once at most.
bool mostly_unreadable(std::string_view bytes) {
  std::size_t readable = 0, unreadable = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    if (std::size_t skip = terminal_sequence(bytes.substr(i))) {
      i += skip;
      continue;
    }
    const Unit unit = next_unit(bytes.substr(i));
    if (unit.kind == Kind::readable)
      ++readable;
    else if (unit.kind == Kind::broken || (unit.kind == Kind::control && bytes[i] != '\0'))
      ++unreadable;
    i += unit.length;
  }
  return unreadable * 3 > readable + unreadable;
}

bool letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<uint8_t>(c) >= 0x80;
}

std::string all_escaped(std::string_view bytes, std::size_t bound) {
  std::string out, piece;
  for (std::size_t i = 0; i < bytes.size();) {
    const Unit unit = next_unit(bytes.substr(i));
    piece.clear();
    if (unit.kind == Kind::readable || bytes[i] == ' ')
      piece = bytes.substr(i, unit.length);
    else
      escape(bytes.substr(i, unit.length), piece);
    if (out.size() + piece.size() > bound) break;
    out += piece;
    i += unit.length;
  }
  return out;
}

}  // namespace

std::string one_line(std::string_view bytes, std::size_t bound) {
  // A flood need not be read to its end: no line of interest begins that late.
  bytes = bytes.substr(0, bound * 8);
  if (mostly_unreadable(bytes.substr(0, bound))) return all_escaped(bytes, bound);

  std::string line, piece;
  bool says_something = false;
  for (std::size_t i = 0; i < bytes.size();) {
    if (std::size_t skip = terminal_sequence(bytes.substr(i))) {
      i += skip;
      continue;
    }
    const Unit unit = next_unit(bytes.substr(i));
    const std::string_view raw = bytes.substr(i, unit.length);
    i += unit.length;
    if (unit.kind == Kind::line_end) {
      if (says_something) break;
      line.clear();
      continue;
    }
    if (unit.kind == Kind::control) continue;
    piece.clear();
    if (unit.kind == Kind::broken)
      escape(raw, piece);
    else
      piece = unit.kind == Kind::blank ? std::string_view(" ") : raw;
    if (line.size() + piece.size() > bound) {
      if (says_something) break;
      continue;  // a long rule of asterisks above the text
    }
    says_something = says_something || letter_or_digit(raw[0]);
    line += piece;
  }
  return std::string(trimmed(line));
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool begins_with_ignoring_case(std::string_view text, std::string_view beginning) {
  if (text.size() < beginning.size()) return false;
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < beginning.size(); ++i) {
    if (lower(text[i]) != lower(beginning[i])) return false;
  }
  return true;
}

}  // namespace sonde::tcp_banner
