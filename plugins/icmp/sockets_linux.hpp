// The sockets of an instance: one for ICMP and one for ICMPv6, raw or, where that is forbidden, ping sockets of the
// kernel; and a packet socket a link for neighbours whose hardware address is known.
#pragma once
#include <sonde/plugin.hpp>

#include <memory>
#include <string>

#include "common-linux/batch.hpp"
#include "common-linux/neighbour_frames.hpp"
#include "common-linux/socket.hpp"

namespace sonde::icmp {

using SlotBatch = net::SendBatch<uint32_t>;

struct EchoSocket {
  net::Socket socket;
  bool raw = false;  // else a ping socket: the kernel sets the id and hands over nothing but our replies
  std::unique_ptr<SlotBatch> batch;
  std::string why_not;  // when there is no socket

  explicit operator bool() const { return static_cast<bool>(socket); }
};

// A socket of this family (AF_INET, AF_INET6), with the kernel's time of arrival switched on and a filter for `id`.
EchoSocket open_echo_socket(const Context&, int family, uint16_t id, size_t packet_size);

using FrameSocket = net::FrameSocket<uint32_t>;

}  // namespace sonde::icmp
