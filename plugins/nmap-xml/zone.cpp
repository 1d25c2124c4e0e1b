#include "zone.hpp"

#include <net/if.h>

#include <charconv>

namespace sonde::nmap_xml {

uint32_t zone_index(const std::string& zone) {
  if (zone.empty()) return zone_not_said;
  if (const unsigned index = ::if_nametoindex(zone.c_str())) return index;
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  return error == std::errc() && end == zone.data() + zone.size() && number != 0 ? number : zone_elsewhere;
}

}  // namespace sonde::nmap_xml
