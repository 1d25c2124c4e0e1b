// Addresses that say something other than who made the card: made up by software, or belonging to a group of routers.
#pragma once
#include <string_view>

#include "common-linux/mac.hpp"

namespace sonde::arp_oui {

struct MacClass {
  std::string_view vendor;  // known without the registry, as "QEMU/KVM"
  std::string_view role;    // "virtual-router", "load-balancer" or empty
  bool local = false;       // made up: randomised, virtual or set by hand
  // Does the registry say who made it? Not when software chose the address, nor when it stands for several machines.
  bool registered() const { return vendor.empty() && role.empty() && !local; }
};

MacClass classify(const net::Mac&);

}  // namespace sonde::arp_oui
