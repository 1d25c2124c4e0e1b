// Exact integer arithmetic: no unit goes through floating point.
#include "base/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/digits.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"

namespace sonde::core {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr uint64_t second = 1'000'000'000;
constexpr std::array<Unit, 8> durations{{{"ns", 1},
                                         {"us", 1'000},
                                         {"µs", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", second},
                                         {"m", 60 * second},
                                         {"h", 3600 * second},
                                         {"d", 86400 * second}}};
constexpr std::array<Unit, 11> sizes{{{"", 1},
                                      {"B", 1},
                                      {"KiB", 1ULL << 10},
                                      {"MiB", 1ULL << 20},
                                      {"GiB", 1ULL << 30},
                                      {"TiB", 1ULL << 40},
                                      {"kB", 1'000},
                                      {"KB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000},
                                      {"TB", 1'000'000'000'000}}};
constexpr uint64_t century = 36525ULL * 86400 * second;

/// "12", "1.5" with a unit, exactly: no value where the text is malformed, too large, or finer than one base unit.
template <std::size_t N>
std::optional<uint64_t> parse_quantity(std::string_view text, const std::array<Unit, N>& units, uint64_t limit) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  std::size_t end = digits;
  if (end < text.size() && text[end] == '.') {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == digits + 1) return std::nullopt;
  }
  if (digits == 0 || digits > 20 || end - digits > 19) return std::nullopt;
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == text.substr(end); });
  if (unit == units.end()) return std::nullopt;

  std::string_view places = end > digits ? text.substr(digits + 1, end - digits - 1) : std::string_view();
  while (!places.empty() && places.back() == '0') places.remove_suffix(1);
  uint128 whole = 0, part = 0, scale = 1;
  for (const char c : text.substr(0, digits)) whole = whole * 10 + static_cast<unsigned>(c - '0');
  for (const char c : places) {
    part = part * 10 + static_cast<unsigned>(c - '0');
    scale *= 10;
  }
  if (whole > limit || part * unit->factor % scale != 0) return std::nullopt;
  const uint128 total = whole * unit->factor + part * unit->factor / scale;
  if (total > limit) return std::nullopt;
  return static_cast<uint64_t>(total);
}

std::optional<uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 1 || port > 65535) return std::nullopt;
  return static_cast<uint16_t>(port);
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 100)) + "'";
}

}  // namespace

Result<int64_t> parse_duration(std::string_view text) {
  if (text == "0") return 0;
  if (const auto ns = parse_quantity(text, durations, century)) return static_cast<int64_t>(*ns);
  return failure("bad-duration", quoted(text) + " is not a duration",
                 "expected a number with ns, us, ms, s, m, h or d, at most 100 years: 800ms, 2s, 1h");
}

std::string format_duration(int64_t ns) {
  if (ns == 0) return "0s";
  if (ns < 0) return "-" + format_duration(-(ns + 1) + 1);
  for (std::size_t i = durations.size(); i-- > 0;) {
    const auto factor = static_cast<int64_t>(durations[i].factor);
    if (ns % factor == 0) return std::to_string(ns / factor) + std::string(durations[i].name);
  }
  return std::to_string(ns) + "ns";
}

Result<uint64_t> parse_size(std::string_view text) {
  if (const auto bytes = parse_quantity(text, sizes, uint64_t{1} << 62)) return *bytes;
  return failure("bad-bytes", quoted(text) + " is not a size", "expected bytes as 512, 4KiB, 1MiB, 10kB or 5MB");
}

std::string format_size(uint64_t bytes) {
  std::string shortest = std::to_string(bytes);
  if (bytes == 0) return shortest;
  for (const std::string_view name : {"TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"}) {
    const auto unit = std::find_if(sizes.begin(), sizes.end(), [&](const Unit& u) { return u.name == name; });
    if (bytes % unit->factor != 0) continue;
    std::string candidate = std::to_string(bytes / unit->factor) + std::string(name);
    if (name.size() == 3) return candidate;
    if (candidate.size() < shortest.size()) shortest = std::move(candidate);
  }
  return shortest;
}

Result<std::vector<uint16_t>> parse_ports(std::string_view text) {
  std::vector<bool> wanted(65536);
  const std::string_view whole = text;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const std::string_view part = trim(text.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);

    const auto dash = part.find('-');
    const auto first = parse_port(trim(part.substr(0, dash)));
    const auto last = dash == std::string_view::npos ? first : parse_port(trim(part.substr(dash + 1)));
    if (!first || !last || *first > *last)
      return failure("bad-port", quoted(part) + " in " + quoted(whole) + " is not a port or a range of ports",
                     "expected 1 to 65535 with commas and ranges: 22,80,8000-8010");
    for (std::size_t port = *first; port <= *last; ++port) wanted[port] = true;
  }
  std::vector<uint16_t> ports;
  for (std::size_t port = 1; port < wanted.size(); ++port)
    if (wanted[port]) ports.push_back(static_cast<uint16_t>(port));
  return ports;
}

std::string format_ports(const std::vector<uint16_t>& ports) {
  std::string text;
  for (std::size_t i = 0; i < ports.size();) {
    std::size_t last = i;
    while (last + 1 < ports.size() && ports[last + 1] == ports[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(ports[i]);
    // 22,23 is no longer than 22-23 and easier to read.
    if (last != i) text += (last == i + 1 ? ',' : '-') + std::to_string(ports[last]);
    i = last + 1;
  }
  return text;
}

}  // namespace sonde::core
