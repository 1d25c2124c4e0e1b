// CSV quoting, the formula guard, and values as plain text.
#include "csv_writer.hpp"

#include <sonde/json_writer.hpp>

namespace sonde::csv_exporter {

void append_field(std::string& out, std::string_view text) {
  bool blank_end = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!blank_end && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

bool looks_like_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r\n").find(text.front()) != std::string_view::npos;
}

void append_plain(std::string& out, const sonde_value& value, int decimals) {
  switch (value.type) {
    case SONDE_TEXT:
      out.append(value.as.s.ptr, value.as.s.len);
      break;
    case SONDE_BYTES:
      json::append_hex(out, {value.as.s.ptr, value.as.s.len});
      break;
    case SONDE_IP:
      json::append_ip(out, value.as.ip);
      break;
    case SONDE_TIME:
      json::append_time(out, value.as.i);
      break;
    default:
      json::append_value(out, value, decimals);
  }
}

}  // namespace sonde::csv_exporter
