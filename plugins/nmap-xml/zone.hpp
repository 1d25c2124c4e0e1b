// The zone of a link-local address, as reports name it, as a number of this machine.
#pragma once
#include <cstdint>
#include <string>

namespace sonde::nmap_xml {

inline constexpr uint32_t zone_not_said = 0;
inline constexpr uint32_t zone_elsewhere = UINT32_MAX;  ///< an interface that this machine does not have

/// Of "eth0" or "2". Any thread.
uint32_t zone_index(const std::string& zone);

/// Whether two link-local addresses that are otherwise equal can be of one link.
constexpr bool same_link(uint32_t a, uint32_t b) {
  return a == b || a == zone_not_said || b == zone_not_said;
}

}  // namespace sonde::nmap_xml
