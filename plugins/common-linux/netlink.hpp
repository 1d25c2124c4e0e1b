// Reads the answers of rtnetlink dumps into a Network. A pure parser: what does not fit its announced length is
// refused, what is unknown is passed over.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "common-linux/network.hpp"

namespace sonde::net {

enum class DumpState : uint8_t {
  more,    // the dump goes on in the next datagram
  done,    // its end was there
  failed,  // the kernel refused: see error
  malformed
};
struct DumpProgress {
  DumpState state = DumpState::more;
  int error = 0;      // errno
  bool torn = false;  // the tables changed meanwhile: to be asked again after its end
};

// One datagram of a dump; `sequence` is that of the request, messages of other ones are passed over.
DumpProgress parse_dump(std::span<const uint8_t> datagram, uint32_t sequence, Network& into);

// A request for all of one table: RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE or RTM_GETNEIGH.
std::vector<uint8_t> dump_request(uint16_t type, uint32_t sequence);

}  // namespace sonde::net
