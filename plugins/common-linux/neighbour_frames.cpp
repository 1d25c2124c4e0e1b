// Opening packet sockets, and when a hardware address may be believed.
#include "common-linux/neighbour_frames.hpp"

#include <sys/socket.h>

#include <string>

namespace sonde::net {

LinkSockets open_frame_links(const Context& host, const Network& network, std::vector<sock_filter> four,
                             std::vector<sock_filter> six) {
  LinkSockets all =
      open_link_sockets(host, network, {ETH_P_IP, "IPv4", std::move(four)}, {ETH_P_IPV6, "IPv6", std::move(six)});
  // Not fatal: without it the time of arrival is when the frame is read.
  const int on = 1;
  for (const LinkSocket& s : all.sockets) ::setsockopt(s.socket.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  const std::string so = ": neighbours there are found by the kernel, whose table takes some thousand; expected ";
  if (!all.refused.empty())
    host.log(SONDE_LOG_WARN,
             "no packet socket can be had for " + joined(all.refused) + so +
                 (all.denied ? "CAP_NET_RAW or root" : "free descriptors (ulimit -n) and links that are up"));
  if (!all.too_many.empty())
    host.log(SONDE_LOG_WARN, "no packet socket is opened for " + joined(all.too_many) + so + "no more than " +
                                 std::to_string(most_link_sockets) + ", one for each link and family");
  return all;
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
