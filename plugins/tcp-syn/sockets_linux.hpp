// The sockets of an instance: for each family one for TCP, which sends and hears, and one that hears ICMP errors.
#pragma once
#include <sonde/plugin.hpp>

#include <memory>
#include <string>

#include "common-linux/batch.hpp"
#include "common-linux/neighbour_frames.hpp"
#include "common-linux/socket.hpp"

namespace sonde::tcp_syn {

// Whose packet it was.
struct PacketTag {
  uint32_t slot = 0, place = 0;
};
inline constexpr uint32_t no_place = 0xffffffff;  // a reset: nobody waits for an answer

using Batch = net::SendBatch<PacketTag>;
using FrameSocket = net::FrameSocket<PacketTag>;

struct Family {
  bool four = false;
  net::Socket tcp, icmp;
  std::unique_ptr<Batch> batch;
  std::string why_not;     // when there are no sockets
  int64_t last_empty = 0;  // when nothing was left of the segments that had arrived

  explicit operator bool() const { return static_cast<bool>(tcp); }
};

// IPv4 packets are sent with their IP header, IPv6 packets with a checksum that the kernel puts in. Throws
// sonde::Failure when this machine is short of something.
Family open_family(const Context&, bool four, uint16_t source_port);

}  // namespace sonde::tcp_syn
