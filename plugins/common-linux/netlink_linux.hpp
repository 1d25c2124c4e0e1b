// Asks the kernel for its tables by rtnetlink. Needs no privilege.
#pragma once
#include "common-linux/network.hpp"
#include "common-linux/socket.hpp"

namespace sonde::net {

class NetlinkReader {
 public:
  NetlinkReader();  // throws sonde::Failure when the kernel offers no rtnetlink
  // Links, addresses, routes and neighbours; throws sonde::Failure.
  Network read_all();
  // Only the neighbours anew. False: the old ones stay.
  bool refresh_neighbours(Network&) noexcept;

 private:
  void dump(uint16_t type, Network& into);
  Socket socket_;
  uint32_t sequence_ = 0;
};

}  // namespace sonde::net
