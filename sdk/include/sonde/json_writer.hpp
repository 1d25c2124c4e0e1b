// sonde/json_writer.hpp - values of the ABI as JSON text, appended to a string: no tree, no allocation of its own.
// Optional comfort like plugin.hpp, not part of the ABI.
#ifndef SONDE_JSON_WRITER_HPP
#define SONDE_JSON_WRITER_HPP
#include <arpa/inet.h>
#include <sonde/plugin.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace sonde::json {

namespace detail {
// Length of the well-formed UTF-8 sequence (RFC 3629) that `s` begins with, and its code point; 0: malformed.
inline size_t decode(std::string_view s, uint32_t &code) {
  auto at = [&](size_t i) { return static_cast<uint8_t>(s[i]); };
  uint32_t first = at(0);
  size_t n = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
           : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (n == 0 || s.size() < n) return 0;
  code = n == 1 ? first : first & (0x7fu >> n);
  for (size_t i = 1; i < n; ++i) {
    if ((at(i) & 0xc0u) != 0x80) return 0;
    code = code << 6 | (at(i) & 0x3fu);
  }
  bool overlong = (n == 3 && code < 0x800) || (n == 4 && code < 0x10000);
  bool outside = code > 0x10ffff || (code >= 0xd800 && code < 0xe000);
  return overlong || outside ? 0 : n;
}
inline void append_escape(std::string &out, uint32_t code) {
  static constexpr char hex[] = "0123456789abcdef";
  const char text[6] = {'\\', 'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15]};
  out.append(text, sizeof text);
}
template <class T> void append_digits(std::string &out, T v) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, end);
}
}  // namespace detail

// A JSON string. Control characters (C0, DEL, C1: a terminal would obey them) and the line separators that JavaScript
// refuses are escaped; bytes that are no UTF-8 become U+FFFD.
inline void append_text(std::string &out, std::string_view s) {
  out += '"';
  size_t plain = 0;  // start of the run that needs no escape
  for (size_t i = 0; i < s.size();) {
    auto c = static_cast<uint8_t>(s[i]);
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    uint32_t code = 0;
    size_t n = detail::decode(s.substr(i), code);
    if (n > 1 && code > 0x9f && code != 0x2028 && code != 0x2029) {
      i += n;
      continue;
    }
    out.append(s, plain, i - plain);
    if (n == 0) out += "\xef\xbf\xbd", n = 1;
    else if (c == '"') out += "\\\"";
    else if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else detail::append_escape(out, code);
    i += n;
    plain = i;
  }
  out.append(s, plain, s.size() - plain);
  out += '"';
}

// The shortest text that reads back as the same number; with decimals >= 0, rounded to that many. JSON has no NaN: null.
inline void append_number(std::string &out, double v, int decimals = -1) {
  if (!std::isfinite(v)) {
    out += "null";
    return;
  }
  char text[64];
  if (decimals < 0 || std::fabs(v) >= 1e15) {
    out.append(text, std::to_chars(text, text + sizeof text, v).ptr);
    return;
  }
  char *end = std::to_chars(text, text + sizeof text, v, std::chars_format::fixed, decimals).ptr;
  if (decimals > 0) {
    while (end[-1] == '0') --end;
    if (end[-1] == '.') --end;
  }
  std::string_view shown(text, static_cast<size_t>(end - text));
  out += shown == "-0" ? std::string_view("0") : shown;
}

// RFC 5952; a mapped v4 address as a dotted quad.
inline void append_ip(std::string &out, const uint8_t (&ip)[16]) {
  static constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(ip, mapped, sizeof mapped) != 0) {
    char text[INET6_ADDRSTRLEN];
    if (inet_ntop(AF_INET6, ip, text, sizeof text)) out += text;
    return;
  }
  for (int i = 12; i < 16; ++i) {
    if (i > 12) out += '.';
    detail::append_digits(out, static_cast<unsigned>(ip[i]));
  }
}

// RFC 3339 in UTC, to the millisecond: 2024-05-01T12:00:00.250Z.
inline void append_time(std::string &out, int64_t ns) {
  int64_t seconds = ns / 1000000000 - (ns % 1000000000 < 0 ? 1 : 0);
  auto milli = static_cast<int>((ns - seconds * 1000000000) / 1000000);
  auto when = static_cast<time_t>(seconds);
  struct tm utc {};
  char text[40] = "";
  if (!gmtime_r(&when, &utc)) return;
  size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  const char tail[] = {'.', static_cast<char>('0' + milli / 100), static_cast<char>('0' + milli / 10 % 10),
                       static_cast<char>('0' + milli % 10), 'Z'};
  out.append(text, n).append(tail, sizeof tail);
}

inline void append_hex(std::string &out, std::string_view bytes) {
  static constexpr char hex[] = "0123456789abcdef";
  for (char c : bytes) {
    out += hex[static_cast<uint8_t>(c) >> 4];
    out += hex[static_cast<uint8_t>(c) & 15];
  }
}

// A JSON value on one line: outside of strings, where JSON allows no raw control character, a line break is a blank.
inline void append_json(std::string &out, std::string_view value) {
  if (value.empty()) {
    out += "null";
    return;
  }
  size_t from = out.size();
  out += value;
  for (size_t i = from; i < out.size(); ++i)
    if (out[i] == '\n' || out[i] == '\r') out[i] = ' ';
}

// Any value: numbers as numbers, octets as hex, JSON as it is. A type of a later ABI that is not known here is null.
inline void append_value(std::string &out, const sonde_value &v, int decimals = -1) {
  std::string_view s(v.as.s.ptr, v.type == SONDE_TEXT || v.type == SONDE_BYTES || v.type == SONDE_JSON ? v.as.s.len : 0);
  switch (v.type) {
    case SONDE_BOOL: out += v.as.u ? "true" : "false"; break;
    case SONDE_I64: detail::append_digits(out, v.as.i); break;
    case SONDE_U64: detail::append_digits(out, v.as.u); break;
    case SONDE_F64: append_number(out, v.as.f, decimals); break;
    case SONDE_TEXT: append_text(out, s); break;
    case SONDE_JSON: append_json(out, s); break;
    case SONDE_BYTES: out += '"', append_hex(out, s), out += '"'; break;
    case SONDE_IP: out += '"', append_ip(out, v.as.ip), out += '"'; break;
    case SONDE_TIME: out += '"', append_time(out, v.as.i), out += '"'; break;
    default: out += "null";
  }
}

}  // namespace sonde::json
#endif
