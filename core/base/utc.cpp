#include "base/utc.hpp"

#include <ctime>

namespace sonde::core {

std::string format_utc(int64_t seconds, const char* format) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (gmtime_r(&when, &parts) == nullptr) return {};
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

std::string rfc3339(int64_t seconds) {
  return format_utc(seconds, "%Y-%m-%dT%H:%M:%SZ");
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::string_view shape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t from, std::size_t n) {
    int value = 0;
    for (char c : text.substr(from, n)) value = value * 10 + (c - '0');
    return value;
  };
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  parts.tm_hour = number(11, 2);
  parts.tm_min = number(14, 2);
  parts.tm_sec = number(17, 2);
  const int64_t seconds = ::timegm(&parts);
  // timegm() carries over: the 31st of February comes back as another day.
  return rfc3339(seconds) == text ? std::optional(seconds) : std::nullopt;
}

}  // namespace sonde::core
