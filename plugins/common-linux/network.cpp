// Look-ups in the machine's own tables.
#include "common-linux/network.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <tuple>

namespace sonde::net {
namespace {

constexpr unsigned v4_prefix_length = 96;  // of 0.0.0.0/0 in the mapped form

Ip masked(Ip ip, unsigned bits) {
  for (size_t i = bits / 8; i < ip.size(); ++i) {
    const unsigned kept = bits > 8 * i ? bits - 8 * static_cast<unsigned>(i) : 0;
    ip[i] = static_cast<uint8_t>(ip[i] & (0xff00u >> kept));
  }
  return ip;
}

// An address of a zone belongs to one link; every other one to any.
bool in_zone(const Ip& ip, uint32_t scope_id, uint32_t link) {
  return !is_link_local6(ip) || scope_id == 0 || scope_id == link;
}

}  // namespace

void Network::index() {
  std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.index < b.index; });
  for (Route& r : routes) r.network = masked(r.network, r.prefix);
  // Longest prefix first, then the cheapest: the first match is the kernel's choice.
  std::stable_sort(routes.begin(), routes.end(), [](const Route& a, const Route& b) {
    return std::tie(b.prefix, a.network, a.metric) < std::tie(a.prefix, b.network, b.metric);
  });
  lengths_.clear();
  for (size_t i = 0; i < routes.size(); ++i) {
    if (lengths_.empty() || lengths_.back().prefix != routes[i].prefix) lengths_.push_back({routes[i].prefix, i, i});
    lengths_.back().end = i + 1;
  }
  by_ip_.resize(addresses.size());
  std::iota(by_ip_.begin(), by_ip_.end(), 0u);
  std::stable_sort(by_ip_.begin(), by_ip_.end(),
                   [this](uint32_t a, uint32_t b) { return addresses[a].ip < addresses[b].ip; });
  std::sort(neighbours.begin(), neighbours.end(), [](const Neighbour& a, const Neighbour& b) { return a.ip < b.ip; });
}

const Link* Network::link(uint32_t index) const {
  const auto it = std::lower_bound(links.begin(), links.end(), index,
                                   [](const Link& l, uint32_t wanted) { return l.index < wanted; });
  return it != links.end() && it->index == index ? &*it : nullptr;
}

const Link* Network::own(const Ip& ip, uint32_t scope_id) const {
  auto at = std::lower_bound(by_ip_.begin(), by_ip_.end(), ip,
                             [this](uint32_t place, const Ip& wanted) { return addresses[place].ip < wanted; });
  for (; at != by_ip_.end() && addresses[*at].ip == ip; ++at)
    if (in_zone(ip, scope_id, addresses[*at].link)) return link(addresses[*at].link);
  if (!is_loopback(ip)) return nullptr;
  const auto it = std::find_if(links.begin(), links.end(), [](const Link& l) { return l.loopback; });
  return it == links.end() ? nullptr : &*it;
}

const Route* Network::route(const Ip& ip, uint32_t scope_id) const {
  const bool four = is_v4(ip);
  for (const RoutesOfLength& l : lengths_) {
    if (four && l.prefix < v4_prefix_length) break;
    const Ip network = masked(ip, l.prefix);
    const auto end = routes.begin() + static_cast<std::ptrdiff_t>(l.end);
    auto r = std::lower_bound(routes.begin() + static_cast<std::ptrdiff_t>(l.begin), end, network,
                              [](const Route& route, const Ip& wanted) { return route.network < wanted; });
    for (; r != end && r->network == network; ++r)
      if (is_v4(r->network) == four && in_zone(ip, scope_id, r->link)) return &*r;
  }
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
