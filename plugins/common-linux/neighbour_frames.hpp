// Whole frames to neighbours whose hardware address an earlier stage learned on this link, so that the kernel's
// neighbour table stays out of it; and the answers to them. Those come as frames too: a stateful firewall of this
// machine has not seen the question, takes the answer for a stranger and keeps it from raw sockets.
#pragma once
#include <sonde/plugin.hpp>

#include <linux/if_ether.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "common-linux/batch.hpp"
#include "common-linux/headers.hpp"
#include "common-linux/link_sockets.hpp"
#include "common-linux/network.hpp"

namespace sonde::net {

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

// A link and family: frames that wait to be sent together, and those that are heard.
template <class Tag>
struct FrameSocket : LinkSocket {
  std::unique_ptr<SendBatch<Tag>> batch;
  uint64_t watch = 0;
  int64_t last_empty = 0;  // when nothing was left that had arrived

  // The batch's next buffer holds a frame for `ends` with so many octets behind its IP header.
  void add(size_t payload, const FrameAddresses& ends, Tag tag) {
    SocketAddress to{};
    to.link.sll_family = AF_PACKET;
    to.link.sll_protocol = htons(four ? ETH_P_IP : ETH_P_IPV6);
    to.link.sll_ifindex = static_cast<int>(link);
    to.link.sll_halen = 6;
    std::memcpy(to.link.sll_addr, ends.to_mac.data(), 6);
    batch->add(ethernet_header_size + (four ? ip4_header_size : ip6_header_size) + payload, to, sizeof to.link, tag);
  }
};

// For answers that those filters let through. What has none is told: its neighbours are then left to the kernel.
// [setup]
LinkSockets open_frame_links(const Context&, const Network&, std::vector<sock_filter> four,
                             std::vector<sock_filter> six);
// `payload`: octets behind the IP header at most.
template <class Tag>
std::vector<FrameSocket<Tag>> open_frame_sockets(const Context& host, const Network& network, size_t payload,
                                                 std::vector<sock_filter> four, std::vector<sock_filter> six) {
  std::vector<FrameSocket<Tag>> sockets;
  for (LinkSocket& s : open_frame_links(host, network, std::move(four), std::move(six)).sockets)
    sockets.push_back({std::move(s), std::make_unique<SendBatch<Tag>>(payload + frame_overhead), 0, host.now()});
  return sockets;
}

// How frames reach a target, and by which socket.
template <class Tag>
struct FramePath {
  FrameSocket<Tag>* socket = nullptr;
  FrameAddresses ends{};
};
// As known_neighbour(), of what earlier stages put into these fields of a task. Nothing: the kernel has to find it.
template <class Tag, class Field>
std::optional<FramePath<Tag>> frame_path(std::vector<FrameSocket<Tag>>& sockets, const Network& network,
                                         const Task& task, const Field& link_field, const Field& mac_field,
                                         const sonde_target& target, size_t packet_size) {
  if (sockets.empty()) return std::nullopt;
  const auto link = task.get(link_field), mac = task.get(mac_field);
  if (!link || !mac) return std::nullopt;
  const Ip ip = ip6(target.ip);
  const auto path = known_neighbour(network, ip, target.scope_id, view(link->as.s), view(mac->as.s), packet_size);
  if (!path) return std::nullopt;
  const auto it = std::find_if(sockets.begin(), sockets.end(),
                               [&](const auto& s) { return s.link == path->link && s.four == is_v4(ip); });
  if (it == sockets.end()) return std::nullopt;
  return FramePath<Tag>{&*it, path->ends};
}

}  // namespace sonde::net
