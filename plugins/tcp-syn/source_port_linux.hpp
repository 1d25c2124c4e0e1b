// The local port that answers come to: one that nobody else uses, and whose answers the kernel leaves alone.
#pragma once
#include <cstdint>

#include "common-linux/socket.hpp"

namespace sonde::tcp_syn {

// Ports that the kernel gives to clients by itself (net.ipv4.ip_local_port_range).
struct PortRange {
  uint16_t low = 32768, high = 60999;
};
PortRange read_local_port_range();
// The n-th candidate from a number that is the same in a repeated run: outside the range as long as there are such
// ports above 1023, then inside.
uint16_t candidate(PortRange local, uint64_t seed, uint32_t n);

// Held as long as this lives. A socket listens on the port and hears nothing: nobody else can get the port, no
// connection can be made to it, and the kernel does not answer what comes to it. Its own RST for each SYN+ACK would go
// through its neighbour table, which thousands of on-link hosts overflow; the probe sends one itself, the way that the
// SYN went.
class SourcePort {
 public:
  // Throws sonde::Failure when no port can be had.
  explicit SourcePort(uint64_t seed);
  uint16_t number() const { return number_; }

 private:
  net::Socket socket_;
  uint16_t number_ = 0;
};

}  // namespace sonde::tcp_syn
