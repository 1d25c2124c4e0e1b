// Whole frames to neighbours whose hardware address an earlier stage learned on this link, so that the kernel's
// neighbour table stays out of it.
#pragma once
#include <sonde/plugin.hpp>

#include <linux/if_ether.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common-linux/batch.hpp"
#include "common-linux/headers.hpp"
#include "common-linux/network.hpp"
#include "common-linux/socket.hpp"

namespace sonde::net {

// A packet socket that only sends, and its link.
struct LinkSocket {
  uint32_t link = 0;
  Socket socket;
};
// One for each Ethernet link that has an address, 64 at most. Empty without the privilege: the kernel then finds the
// neighbours. [setup]
std::vector<LinkSocket> open_link_sockets(const Context&, const Network&);

// How a neighbour is reached.
struct NeighbourPath {
  uint32_t link = 0;
  FrameAddresses ends{};
};
// By what earlier stages wrote into `link` and `mac`. Nothing when that is not certain, when the address is our own or
// not on a link of ours, or when `packet_size` octets (IP header included) do not fit it: a kernel would fragment them,
// a frame cannot be.
std::optional<NeighbourPath> known_neighbour(const Network&, const Ip&, uint32_t scope_id, std::string_view link,
                                             std::string_view mac, size_t packet_size);

// Frames for one link that wait to be sent together.
template <class Tag>
struct FrameSocket {
  uint32_t link = 0;
  Socket socket;
  std::unique_ptr<SendBatch<Tag>> batch;

  // The batch's next buffer holds a frame of that length for `ends`.
  void add(size_t length, const FrameAddresses& ends, Tag tag) {
    SocketAddress to{};
    to.link.sll_family = AF_PACKET;
    to.link.sll_protocol = htons(is_v4(ends.to) ? ETH_P_IP : ETH_P_IPV6);
    to.link.sll_ifindex = static_cast<int>(link);
    to.link.sll_halen = 6;
    std::memcpy(to.link.sll_addr, ends.to_mac.data(), 6);
    batch->add(length, to, sizeof to.link, tag);
  }
};

// `payload`: octets behind the IP header at most.
template <class Tag>
std::vector<FrameSocket<Tag>> open_frame_sockets(const Context& host, const Network& network, size_t payload) {
  std::vector<FrameSocket<Tag>> sockets;
  for (LinkSocket& s : open_link_sockets(host, network))
    sockets.push_back({s.link, std::move(s.socket), std::make_unique<SendBatch<Tag>>(payload + frame_overhead)});
  return sockets;
}

template <class Tag>
FrameSocket<Tag>* socket_for(std::vector<FrameSocket<Tag>>& sockets, uint32_t link) {
  const auto it = std::find_if(sockets.begin(), sockets.end(), [&](const auto& s) { return s.link == link; });
  return it == sockets.end() ? nullptr : &*it;
}

}  // namespace sonde::net
