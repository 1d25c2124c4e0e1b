// Opening packet sockets, and when a hardware address may be believed.
#include "common-linux/neighbour_frames.hpp"

#include "common-linux/bpf.hpp"

namespace sonde::net {
namespace {

constexpr size_t most_sockets = 64;  // a machine full of containers has hundreds of links

}  // namespace

std::vector<LinkSocket> open_link_sockets(const Context& host, const Network& network) {
  std::vector<LinkSocket> sockets;
  const auto drop_all = bpf::drop_all();
  for (const Link& link : network.links) {
    const bool addressed = std::any_of(network.addresses.begin(), network.addresses.end(),
                                       [&](const Address& a) { return a.link == link.index; });
    if (!link.up || !link.ethernet || !link.mac || !addressed || sockets.size() == most_sockets) continue;
    int fd = -1;
    if (host.raw(AF_PACKET, ETH_P_IP, link.index, fd) != SONDE_OK) continue;
    Socket socket(fd);
    // It only sends; answers come through other sockets.
    if (!socket.attach_filter(drop_all)) continue;
    sockets.push_back({link.index, std::move(socket)});
  }
  return sockets;
}

std::optional<NeighbourPath> known_neighbour(const Network& network, const Ip& ip, uint32_t scope_id,
                                             std::string_view link, std::string_view mac, size_t packet_size) {
  // A hardware address from elsewhere (an import, a router's) may be wrong here: only what answered on this link
  // counts.
  if (link != "direct" || network.own(ip, scope_id)) return std::nullopt;
  const auto to_mac = parse_mac(mac);
  const auto place = network.on_link(ip, scope_id);
  if (!to_mac || is_group(*to_mac) || is_zero(*to_mac) || !place || place->link->mtu < packet_size) return std::nullopt;
  return NeighbourPath{place->link->index, {*place->link->mac, *to_mac, place->source, ip}};
}

}  // namespace sonde::net
