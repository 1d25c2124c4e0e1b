// Opening packet sockets.
#include "arp-oui/link_sockets_linux.hpp"

#include <linux/if_ether.h>

#include <utility>

#include "arp-oui/arp.hpp"
#include "arp-oui/ndp.hpp"

namespace sonde::arp_oui {

LinkSockets open_link_sockets(const Context& host, const net::Network& network) {
  net::LinkSockets opened = net::open_link_sockets(host, network, {ETH_P_ARP, "ARP", arp_reply_filter()},
                                                   {ETH_P_IPV6, "Neighbour Discovery", advertisement_filter()});
  // Not a matter of one link: nobody could be asked, and a stage that asks nobody must not look as if it had.
  if (opened.denied)
    throw Failure(SONDE_E_DENIED,
                  "packet sockets are not allowed; expected CAP_NET_RAW, root, or the option ask: false");
  LinkSockets all;
  all.refused = std::move(opened.refused);
  all.too_many = std::move(opened.too_many);
  for (net::LinkSocket& s : opened.sockets) {
    const size_t frame_size = s.four ? arp_frame_size : solicitation_size;
    all.sockets.push_back({std::move(s), std::make_unique<SlotBatch>(frame_size)});
  }
  return all;
}

}  // namespace sonde::arp_oui
