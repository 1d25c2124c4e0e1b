// What the IANA special-purpose address registries (RFC 6890 and what followed it) say is not globally reachable.
#include <algorithm>
#include <utility>
#include <vector>

#include "targets/scope.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {
namespace {

struct Block {
  const char* prefix;
  bool global;  ///< an island inside a block that is not globally reachable
};

constexpr Block registry[] = {
    {"0.0.0.0/8", false},                                                       // "this network"
    {"10.0.0.0/8", false},                                                      // private use
    {"100.64.0.0/10", false},                                                   // shared address space of carriers
    {"127.0.0.0/8", false},                                                     // loopback
    {"169.254.0.0/16", false},                                                  // link-local
    {"172.16.0.0/12", false},                                                   // private use
    {"192.0.0.0/24", false},                                                    // IETF protocol assignments
    {"192.0.0.9/32", true},                                                     // Port Control Protocol anycast
    {"192.0.0.10/32", true},                                                    // TURN anycast
    {"192.0.2.0/24", false},                                                    // documentation
    {"192.168.0.0/16", false},                                                  // private use
    {"198.18.0.0/15", false},                                                   // benchmarking
    {"198.51.100.0/24", false},                                                 // documentation
    {"203.0.113.0/24", false},                                                  // documentation
    {"224.0.0.0/4", false},                                                     // multicast
    {"240.0.0.0/4", false},                                                     // reserved, and limited broadcast
    {"::/128", false},          {"::1/128", false}, {"64:ff9b:1::/48", false},  // local-use translation
    {"100::/64", false},                                                        // discard only
    {"100:0:0:1::/64", false},                                                  // dummy prefix
    {"2001::/23", false},                                                       // IETF protocol assignments
    {"2001:1::1/128", true},                                                    // Port Control Protocol anycast
    {"2001:1::2/128", true},                                                    // TURN anycast
    {"2001:1::3/128", true},                                                    // DNS-SD SRP anycast
    {"2001:3::/32", true},                                                      // AMT
    {"2001:4:112::/48", true},                                                  // AS112
    {"2001:20::/28", true},                                                     // ORCHIDv2
    {"2001:30::/28", true},                                                     // drone remote id
    {"2001:db8::/32", false},                                                   // documentation
    {"3fff::/20", false},                                                       // documentation
    {"5f00::/16", false},                                                       // segment routing identifiers
    {"fc00::/7", false},                                                        // unique local
    {"fe80::/10", false},                                                       // link-local
    {"ff00::/8", false},                                                        // multicast
};

/// Of blocks inside each other the inner one decides, so it is entered after the other.
AddressSet not_global() {
  std::vector<std::pair<Cidr, bool>> blocks;
  for (const Block& b : registry) blocks.emplace_back(Cidr::parse(b.prefix).value(), b.global);
  std::stable_sort(blocks.begin(), blocks.end(),
                   [](const auto& a, const auto& b) { return a.first.length < b.first.length; });
  AddressSet set;
  for (const auto& [prefix, global] : blocks) {
    if (!global) {
      set.add(prefix);
      continue;
    }
    AddressSet island;
    island.add(prefix);
    set.subtract(island);
  }
  set.normalise();
  return set;
}

}  // namespace

bool is_public(const IpAddress& a) {
  static const AddressSet set = not_global();
  return !set.contains(a);
}

}  // namespace sonde::core
