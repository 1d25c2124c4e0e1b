// This machine's own view of its network: links, addresses, routes and neighbours, as the kernel tells them by
// rtnetlink. Answers whether a target shares a link with this machine, which address asks there, and which is its own.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common-linux/ip.hpp"
#include "common-linux/mac.hpp"

namespace sonde::net {

struct Link {
  uint32_t index = 0;
  uint32_t mtu = 0;
  std::string name;
  std::optional<Mac> mac;
  bool up = false;
  bool loopback = false;
  bool ethernet = false;  // asks its neighbours by ARP or ND on Ethernet frames
};

struct Address {
  uint32_t link = 0;
  Ip ip{};
  uint8_t prefix = 0;       // bits of the mapped form
  bool usable = true;       // not tentative, not a duplicate
  bool deprecated = false;  // still ours, but not to be chosen as a source
};

struct Route {
  Ip network{};
  uint8_t prefix = 0;  // bits of the mapped form
  uint32_t link = 0;
  uint32_t metric = 0;
  bool direct = false;  // no gateway: the link itself
  std::optional<Ip> source;
};

struct Neighbour {
  uint32_t link = 0;
  Ip ip{};
  Mac mac{};
  bool permanent = false;  // set by an administrator, learned from nobody
};

// Where and as whom an on-link target is asked.
struct OnLink {
  const Link* link = nullptr;
  Ip source{};
};

struct Network {
  std::vector<Link> links;
  std::vector<Address> addresses;
  std::vector<Route> routes;
  std::vector<Neighbour> neighbours;

  // Sorts the tables for the look-ups below; to be called after filling.
  void index();

  const Link* link(uint32_t index) const;
  // The link of this own address; a whole loopback network is own. A link-local address is own only in its zone.
  const Link* own(const Ip&, uint32_t scope_id) const;
  // Nothing when the longest route leads over a gateway, no Ethernet link, or no address of ours could be asked back.
  std::optional<OnLink> on_link(const Ip&, uint32_t scope_id) const;
  const Neighbour* neighbour(const Ip&, uint32_t scope_id) const;

 private:
  const Route* route(const Ip&, uint32_t scope_id) const;

  // A router knows a million routes, and each target is looked up.
  struct RoutesOfLength {
    uint8_t prefix;
    size_t begin, end;  // in routes, by network
  };
  std::vector<RoutesOfLength> lengths_;  // the longest first
  std::vector<uint32_t> by_ip_;          // places in addresses, whose order the choice of a source goes by
};

}  // namespace sonde::net
