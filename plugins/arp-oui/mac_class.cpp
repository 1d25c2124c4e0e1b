// The table of well-known addresses.
#include "arp-oui/mac_class.hpp"

namespace sonde::arp_oui {
namespace {

struct WellKnown {
  uint64_t prefix;
  unsigned bits;
  std::string_view vendor, role;
};

constexpr WellKnown well_known[] = {
    {0x00005e0001, 40, "", "virtual-router"},  // VRRP for IPv4 (RFC 5798); CARP uses the same
    {0x00005e0002, 40, "", "virtual-router"},  // VRRP for IPv6
    {0x00000c07ac, 40, "", "virtual-router"},  // HSRP
    {0x00000c9ff, 36, "", "virtual-router"},   // HSRP version 2
    {0x000573a00, 36, "", "virtual-router"},   // HSRP for IPv6
    {0x0007b400, 32, "", "virtual-router"},    // GLBP
    {0x02e052, 24, "", "virtual-router"},      // VRRP-E, VSRP
    {0x02bf, 16, "", "load-balancer"},         // Microsoft NLB, unicast
    {0x03bf, 16, "", "load-balancer"},         // the same, multicast
    {0x525400, 24, "QEMU/KVM", ""},
    {0x0242ac, 24, "Docker", ""},
    {0x0a0027, 24, "VirtualBox host-only network", ""},
};

}  // namespace

MacClass classify(const net::Mac& mac) {
  MacClass c;
  c.local = net::is_locally_administered(mac);
  const uint64_t address = net::number(mac);
  for (const WellKnown& w : well_known)
    if (address >> (48 - w.bits) == w.prefix) {
      c.vendor = w.vendor;
      c.role = w.role;
    }
  return c;
}

}  // namespace sonde::arp_oui
