// Rendering of values. Every octet may be hostile; what leaves here is valid UTF-8 without control characters.
#include "value.hpp"

#include <arpa/inet.h>
#include <sonde/json_writer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

namespace sonde::snmp {
namespace {

uint8_t at(std::string_view octets, size_t i) {
  return static_cast<uint8_t>(octets[i]);
}

std::string_view without_padding(std::string_view text) {
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool is_plain(uint32_t code) {
  return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0x7f) || code > 0x9f;
}

bool is_clean_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    uint32_t code = 0;
    const size_t length = json::detail::decode(text.substr(i), code);
    if (length == 0 || !is_plain(code)) return false;
    i += length;
  }
  return true;
}

/// Old devices write names in Latin-1. Binary values seldom are three quarters ASCII, and those of the length of an
/// address or a date are never taken for text.
std::optional<std::string> latin1(std::string_view text) {
  if (text.size() < 4 || text.size() == 6 || text.size() == 8 || text.size() == 11) return std::nullopt;
  size_t ascii = 0;
  std::string out;
  for (char c : text) {
    const auto code = static_cast<uint8_t>(c);
    if (!is_plain(code)) return std::nullopt;
    if (code < 0x80) {
      ++ascii;
      out += c;
    } else {
      out += static_cast<char>(0xc0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  if (ascii * 4 < text.size() * 3) return std::nullopt;
  return out;
}

}  // namespace

std::string hex_text(std::string_view octets) {
  std::string out = "0x";
  json::append_hex(out, octets);
  return out;
}

std::string mac_text(std::string_view octets) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (char c : octets) {
    if (!out.empty()) out += ':';
    out += digits[static_cast<uint8_t>(c) >> 4];
    out += digits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

std::string date_text(std::string_view octets) {
  if (octets.size() != 8 && octets.size() != 11) return {};
  const unsigned year = static_cast<unsigned>(at(octets, 0)) << 8 | at(octets, 1);
  const unsigned month = at(octets, 2), day = at(octets, 3), hour = at(octets, 4), minute = at(octets, 5),
                 second = at(octets, 6), tenth = at(octets, 7);
  // Within a century of now: eight octets that are no date seldom pass for one.
  if (year < 1970 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31) return {};
  if (hour > 23 || minute > 59 || second > 60 || tenth > 9) return {};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04u-%02u-%02uT%02u:%02u:%02u.%u", year, month, day, hour, minute, second,
                tenth);
  std::string out = text.data();
  if (octets.size() == 8) return out;
  const char sign = octets[8];
  const unsigned hours = at(octets, 9), minutes = at(octets, 10);
  if ((sign != '+' && sign != '-') || hours > 14 || minutes > 59) return {};
  std::snprintf(text.data(), text.size(), "%c%02u:%02u", sign, hours, minutes);
  return out + text.data();
}

std::string address_text(std::string_view octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (octets.size() == 8 || octets.size() == 20) octets.remove_suffix(4);  // the zone means nothing outside the device
  if (octets.size() != 4 && octets.size() != 16) return {};
  inet_ntop(octets.size() == 4 ? AF_INET : AF_INET6, octets.data(), text.data(), text.size());
  return text.data();
}

std::optional<std::string> clean_text(std::string_view octets) {
  const std::string_view text = without_padding(octets);
  if (is_clean_utf8(text)) return std::string(text);
  return latin1(text);
}

std::string octets_text(std::string_view octets, Meaning meaning) {
  if (octets.empty()) return {};
  if (meaning == Meaning::raw) return hex_text(octets);
  if (meaning == Meaning::mac && octets.size() == 6) return mac_text(octets);
  if (meaning == Meaning::date)
    if (std::string date = date_text(octets); !date.empty()) return date;
  // NULs alone are no empty text: six of them are the MAC address of a loopback.
  const bool only_padding = without_padding(octets).empty();
  if (!only_padding || meaning == Meaning::text || at(octets, 0) == ' ')
    if (auto text = clean_text(octets)) return *text;
  if (octets.size() == 6) return mac_text(octets);
  if (std::string date = date_text(octets); !date.empty()) return date;
  return hex_text(octets);
}

std::string value_text(const Value& value, Meaning meaning) {
  std::string out;
  switch (value.kind) {
    case Value::Kind::absent:
    case Value::Kind::end:
      break;
    case Value::Kind::integer:
      return std::to_string(value.integer);
    case Value::Kind::natural:
      return std::to_string(value.natural);
    case Value::Kind::real:
      json::append_number(out, value.real);
      break;
    case Value::Kind::octets:
      return octets_text(value.octets, meaning);
    case Value::Kind::address:
      return address_text(value.octets);
    case Value::Kind::oid:
      return to_text(value.oid);
  }
  return out;
}

void append_json(std::string& out, const Value& value, Meaning meaning) {
  switch (value.kind) {
    case Value::Kind::absent:
    case Value::Kind::end:
      out += "null";
      return;
    case Value::Kind::integer:
    case Value::Kind::natural:
    case Value::Kind::real:
      out += value_text(value);
      return;
    default:
      json::append_text(out, value_text(value, meaning));
  }
}

}  // namespace sonde::snmp
