// Packet sockets, one for each Ethernet link and family: what a probe says to its neighbours and hears from them past
// the kernel's own IP, its neighbour table and its firewall.
#pragma once
#include <sonde/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "common-linux/mac.hpp"
#include "common-linux/network.hpp"
#include "common-linux/socket.hpp"

namespace sonde::net {

// What is spoken in one family.
struct LinkProtocol {
  uint16_t ethertype = 0;
  std::string name;                 // "ARP"
  std::vector<sock_filter> filter;  // of what is heard; a frame begins with its Ethernet header
};

struct LinkSocket {
  uint32_t link = 0;
  bool four = true;
  Mac own_mac{};
  Socket socket;
};

inline constexpr size_t most_link_sockets = 128;  // a machine full of containers has hundreds of links

struct LinkSockets {
  std::vector<LinkSocket> sockets;
  bool denied = false;  // this machine allows no packet sockets at all
  // "eth0 (ARP)": links with an address of that family and without a socket.
  std::vector<std::string> refused;   // by this machine
  std::vector<std::string> too_many;  // by most_link_sockets
};
// "a, b"
std::string joined(const std::vector<std::string>&);
// For each link that is up, where this machine has an address of the family. [setup]
LinkSockets open_link_sockets(const Context&, const Network&, const LinkProtocol& four, const LinkProtocol& six);

}  // namespace sonde::net
