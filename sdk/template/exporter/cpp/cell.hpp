// The part that meets hostile text, apart from files and from sonde, so that a test can call it.
#pragma once
#include <string>
#include <string_view>

/// Appends text to a cell: what could end the cell or the line, or be obeyed by a terminal, is shown as \xNN.
inline void append_cell(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  for (char c : text) {
    auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet != 0x7f && c != '\\') {
      out += c;
      continue;
    }
    out += "\\x";
    out += hex[octet >> 4];
    out += hex[octet & 15];
  }
}
