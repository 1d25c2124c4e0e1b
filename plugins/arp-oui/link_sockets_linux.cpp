// Opening packet sockets.
#include "arp-oui/link_sockets_linux.hpp"

#include <linux/if_ether.h>

#include <algorithm>

#include "arp-oui/arp.hpp"
#include "arp-oui/ndp.hpp"

namespace sonde::arp_oui {
namespace {

constexpr size_t most_sockets = 128;  // a machine full of containers has hundreds of links

bool open(const Context& host, const net::Link& link, bool four, LinkSocket& out) {
  int fd = -1;
  const sonde_err e = host.raw(AF_PACKET, four ? ETH_P_ARP : ETH_P_IPV6, link.index, fd);
  // Not a matter of this link: nobody could be asked, and a stage that asks nobody must not look as if it had.
  if (e == SONDE_E_DENIED)
    throw Failure(e, "packet sockets are not allowed; expected CAP_NET_RAW, root, or the option ask: false");
  if (e != SONDE_OK) return false;
  out.socket = net::Socket(fd);
  if (!out.socket.attach_filter(four ? arp_reply_filter() : advertisement_filter())) return false;
  out.link = link.index;
  out.four = four;
  out.own_mac = *link.mac;
  out.batch = std::make_unique<SlotBatch>(four ? arp_frame_size : solicitation_size);
  return true;
}

}  // namespace

LinkSockets open_link_sockets(const Context& host, const net::Network& network) {
  LinkSockets all;
  for (const net::Link& link : network.links) {
    if (!link.up || !link.ethernet || !link.mac) continue;
    for (const bool four : {true, false}) {
      const bool addressed =
          std::any_of(network.addresses.begin(), network.addresses.end(),
                      [&](const net::Address& a) { return a.link == link.index && net::is_v4(a.ip) == four; });
      if (!addressed) continue;
      LinkSocket socket;
      if (all.sockets.size() < most_sockets && open(host, link, four, socket))
        all.sockets.push_back(std::move(socket));
      else
        all.refused.push_back(link.name + (four ? " (ARP)" : " (Neighbour Discovery)"));
    }
  }
  return all;
}

}  // namespace sonde::arp_oui
