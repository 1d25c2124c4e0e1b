// Look-ups in the machine's own tables.
#include "common-linux/network.hpp"

#include <algorithm>
#include <tuple>

namespace sonde::net {
namespace {

// An address of a zone belongs to one link; every other one to any.
bool in_zone(const Ip& ip, uint32_t scope_id, uint32_t link) {
  return !is_link_local6(ip) || scope_id == 0 || scope_id == link;
}

}  // namespace

void Network::index() {
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.index < b.index; });
  // Longest prefix first, then the cheapest: the first match is the kernel's choice.
  std::stable_sort(routes.begin(), routes.end(), [](const Route& a, const Route& b) {
    return std::make_tuple(-int{a.prefix}, a.metric) < std::make_tuple(-int{b.prefix}, b.metric);
  });
  std::sort(neighbours.begin(), neighbours.end(), [](const Neighbour& a, const Neighbour& b) { return a.ip < b.ip; });
}

const Link* Network::link(uint32_t index) const {
  const auto it = std::lower_bound(links.begin(), links.end(), index,
                                   [](const Link& l, uint32_t wanted) { return l.index < wanted; });
  return it != links.end() && it->index == index ? &*it : nullptr;
}

const Link* Network::own(const Ip& ip, uint32_t scope_id) const {
  for (const Address& a : addresses)
    if (a.ip == ip && in_zone(ip, scope_id, a.link)) return link(a.link);
  if (!is_loopback(ip)) return nullptr;
  const auto it = std::find_if(links.begin(), links.end(), [](const Link& l) { return l.loopback; });
  return it == links.end() ? nullptr : &*it;
}

const Route* Network::route(const Ip& ip, uint32_t scope_id) const {
  const bool four = is_v4(ip);
  for (const Route& r : routes)
    if (is_v4(r.network) == four && same_prefix(r.network, ip, r.prefix) && in_zone(ip, scope_id, r.link)) return &r;
  return nullptr;
}

std::optional<OnLink> Network::on_link(const Ip& ip, uint32_t scope_id) const {
  const Route* r = route(ip, scope_id);
  if (!r || !r->direct) return std::nullopt;
  const Link* l = link(r->link);
  if (!l || !l->up || !l->ethernet || !l->mac) return std::nullopt;
  if (r->source) return OnLink{l, *r->source};
  // The neighbour must be able to answer: best an address of the target's own prefix, else one of the same scope.
  const Address* best = nullptr;
  int best_rank = 0;
  for (const Address& a : addresses) {
    if (a.link != l->index || !a.usable || is_v4(a.ip) != is_v4(ip)) continue;
    const int rank = 1 + (is_link_local6(a.ip) == is_link_local6(ip) ? 2 : 0) +
                     (same_prefix(a.ip, ip, a.prefix) ? 4 : 0) + (a.deprecated ? 0 : 8);
    if (rank > best_rank) best = &a, best_rank = rank;
  }
  if (!best) return std::nullopt;
  return OnLink{l, best->ip};
}

const Neighbour* Network::neighbour(const Ip& ip, uint32_t scope_id) const {
  auto it = std::lower_bound(neighbours.begin(), neighbours.end(), ip,
                             [](const Neighbour& n, const Ip& wanted) { return n.ip < wanted; });
  for (; it != neighbours.end() && it->ip == ip; ++it)
    if (in_zone(ip, scope_id, it->link)) return &*it;
  return nullptr;
}

}  // namespace sonde::net
