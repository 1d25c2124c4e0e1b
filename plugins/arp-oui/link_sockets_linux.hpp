// One packet socket for each link and question: ARP where this machine has an IPv4 address, Neighbour Discovery where
// it has an IPv6 one.
#pragma once
#include <sonde/plugin.hpp>

#include <memory>
#include <string>
#include <vector>

#include "common-linux/batch.hpp"
#include "common-linux/link_sockets.hpp"
#include "common-linux/network.hpp"

namespace sonde::arp_oui {

using SlotBatch = net::SendBatch<uint32_t>;

struct LinkSocket : net::LinkSocket {
  std::unique_ptr<SlotBatch> batch;
  uint64_t watch = 0;
};

struct LinkSockets {
  std::vector<LinkSocket> sockets;
  // "eth0 (ARP)": Ethernet links on which nothing can be asked; as in net::LinkSockets.
  std::vector<std::string> refused, too_many;
};
// Throws sonde::Failure when this machine allows no packet sockets at all.
LinkSockets open_link_sockets(const Context&, const net::Network&);

}  // namespace sonde::arp_oui
