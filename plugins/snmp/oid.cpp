// Object identifiers as text and back.
#include "oid.hpp"

#include <algorithm>
#include <charconv>

namespace sonde::snmp {

std::optional<Oid> parse_oid(std::string_view text) {
  if (!text.empty() && text.front() == '.') text.remove_prefix(1);
  Oid out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    uint32_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || out.size() == longest_oid) return std::nullopt;
    out.push_back(number);
    if (next == end) break;
    if (*next != '.' || next + 1 == end) return std::nullopt;
    at = next + 1;
  }
  // The first two share an octet on the wire (X.690, 8.19.4).
  if (out.size() < 2 || out[0] > 2 || (out[0] < 2 && out[1] > 39)) return std::nullopt;
  return out;
}

std::string to_text(const Oid& oid) {
  std::string out;
  for (uint32_t number : oid) {
    if (!out.empty()) out += '.';
    out += std::to_string(number);
  }
  return out;
}

bool is_under(const Oid& oid, const Oid& root) {
  return oid.size() >= root.size() && std::equal(root.begin(), root.end(), oid.begin());
}

}  // namespace sonde::snmp
