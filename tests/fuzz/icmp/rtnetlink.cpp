// Datagrams of a routing socket, and look-ups in whatever tables they made.
#include "common-linux/netlink.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sonde::net::Network network;
  // The sequence of the first message, so that the fuzzer need not guess it.
  uint32_t sequence = 0;
  if (size >= 12) __builtin_memcpy(&sequence, data + 8, sizeof sequence);
  sonde::net::parse_dump({data, size}, sequence, network);
  network.index();
  for (const auto& a : network.addresses) network.on_link(a.ip, a.link);
  for (const auto& n : network.neighbours) {
    network.own(n.ip, n.link);
    network.neighbour(n.ip, n.link);
    network.on_link(n.ip, n.link);
  }
  return 0;
}
