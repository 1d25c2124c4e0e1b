#include "engine/services.hpp"

#include <algorithm>

namespace sonde::core {

namespace {

/// "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53"
std::string_view host_of(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const auto colon = text.find(':');
  return colon != text.npos && text.find(':', colon + 1) == text.npos ? text.substr(0, colon) : text;
}

void collect(const Value& value, const Schema& schema, std::vector<IpAddress>& out) {
  if (schema.format == Format::service && value.text()) {
    if (auto ip = IpAddress::parse(host_of(*value.text()))) out.push_back(*ip);
  }
  if (value.array() && schema.items)
    for (const Value& item : *value.array()) collect(item, *schema.items, out);
  if (value.object())
    for (const Schema::Property& p : schema.properties)
      if (const Value* member = value.find(p.name)) collect(*member, p.schema, out);
}

}  // namespace

std::vector<IpAddress> services_of(const Value& options, const Schema& schema) {
  std::vector<IpAddress> out;
  collect(options, schema, out);
  std::sort(out.begin(), out.end());
  return out;
}

bool names_services(const Schema& schema) {
  return schema.format == Format::service || (schema.items && names_services(*schema.items)) ||
         std::any_of(schema.properties.begin(), schema.properties.end(),
                     [](const Schema::Property& p) { return names_services(p.schema); });
}

}  // namespace sonde::core
