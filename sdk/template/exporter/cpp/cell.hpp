// The part that meets hostile text, apart from files and hosts, so that a test can call it.
#pragma once
#include <sonde/json_writer.hpp>
#include <sonde/plugin.hpp>
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

/// Appends one value of a field. JSON may have tabs and line feeds between its words, and is text to a cell.
inline void append_value(std::string& out, const sonde_value& value) {
  if (value.type == SONDE_TEXT || value.type == SONDE_JSON) return append_cell(out, sonde::view(value.as.s));
  if (value.type == SONDE_IP) return sonde::json::append_ip(out, value.as.ip);
  sonde::json::append_value(out, value);
}
