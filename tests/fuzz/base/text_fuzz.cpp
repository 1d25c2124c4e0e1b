// Everything small that reads text: addresses, prefixes, units, UTF-8. What is accepted must survive being written and
// read again.
#include <cstdlib>

#include "base/ip_address.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

using namespace sonde::core;

namespace {
void require(bool holds) {
  if (!holds) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto a = IpAddress::parse(text)) require(IpAddress::parse(a->to_string()) == *a);
  if (const auto c = Cidr::parse(text)) {
    require(Cidr::parse(c->to_string()) == *c);
    // The last number of ::/80 is that of an IPv4 address.
    require(c->contains(c->first()) && (c->contains(c->last()) || c->last().is_v4() != c->first().is_v4()));
  }
  if (const auto ns = parse_duration(text)) require(parse_duration(format_duration(*ns)) == *ns);
  if (const auto bytes = parse_size(text)) require(parse_size(format_size(*bytes)) == *bytes);
  if (const auto ports = parse_ports(text)) require(!ports->empty() && ports->front() >= 1);

  const std::string valid = to_valid_utf8(text);
  require(is_valid_utf8(valid) && to_valid_utf8(valid) == valid);
  require(!is_valid_utf8(text) || valid == text);
  const std::string harmless = printable(text);
  require(is_valid_utf8(harmless) && printable(harmless) == harmless);
  for (const char c : harmless) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  did_you_mean(text, {"timeout", "ports", "max_bytes"});
  return 0;
}
