// Opening packet sockets.
#include "common-linux/link_sockets.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace sonde::net {
namespace {

sonde_err open(const Context& host, const Link& link, const LinkProtocol& protocol, Socket& out) {
  int fd = -1;
  if (const sonde_err e = host.raw(AF_PACKET, protocol.ethertype, link.index, fd); e != SONDE_OK) return e;
  Socket socket(fd);
  // Without its filter a socket is flooded with all that passes on the link; better none.
  if (!socket.attach_filter(protocol.filter)) return SONDE_E_IO;
  out = std::move(socket);
  return SONDE_OK;
}

}  // namespace

std::string joined(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all;
}

LinkSockets open_link_sockets(const Context& host, const Network& network, const LinkProtocol& four,
                              const LinkProtocol& six) {
  LinkSockets all;
  for (const Link& link : network.links) {
    if (!link.up || !link.ethernet || !link.mac) continue;
    for (const bool is_four : {true, false}) {
      const bool addressed = std::any_of(network.addresses.begin(), network.addresses.end(), [&](const Address& a) {
        return a.link == link.index && is_v4(a.ip) == is_four;
      });
      if (!addressed) continue;
      const LinkProtocol& protocol = is_four ? four : six;
      const std::string name = link.name + " (" + protocol.name;
      if (all.sockets.size() == most_link_sockets) {
        all.too_many.push_back(name + ")");
        continue;
      }
      Socket socket;
      const sonde_err e = open(host, link, protocol, socket);
      all.denied |= e == SONDE_E_DENIED;
      if (socket)
        all.sockets.push_back({link.index, is_four, *link.mac, std::move(socket)});
      else
        all.refused.push_back(name + (e == SONDE_E_AGAIN ? ", no descriptor or memory is left)" : ")"));
    }
  }
  return all;
}

}  // namespace sonde::net
