// The parser, apart from files and hosts, so that a test can call it. Its input may be anything.
#pragma once
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// What a line says of a host. The views point into the line.
struct Host {
  std::array<uint8_t, 16> ip{};  ///< an IPv4 address is ::ffff:a.b.c.d
  std::string_view name, note;   ///< may be empty
};
enum class Line { blank, host, wrong };

inline constexpr std::string_view blanks = " \t\r";

/// Takes the first word off the text, with the blanks around it.
inline std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return word;
}

/// "ADDRESS [NAME [NOTE]]", or a comment after "#".
inline Line read_line(std::string_view text, Host& host) {
  const std::string address(take_word(text));
  if (address.empty() || address.front() == '#') return Line::blank;
  host = {};
  host.ip[10] = host.ip[11] = 0xff;
  if (inet_pton(AF_INET, address.c_str(), &host.ip[12]) != 1 && inet_pton(AF_INET6, address.c_str(), &host.ip) != 1)
    return Line::wrong;
  host.name = take_word(text);
  host.note = text.substr(0, text.find_last_not_of(blanks) + 1);
  return Line::host;
}
