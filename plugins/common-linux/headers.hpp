// Link and IP headers in front of what a raw probe sends, and what stands behind them in what comes back.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common-linux/ip.hpp"
#include "common-linux/mac.hpp"

namespace sonde::net {

inline constexpr size_t ip4_header_size = 20, ip6_header_size = 40, ethernet_header_size = 14;
// The most that a frame adds to its payload.
inline constexpr size_t frame_overhead = ethernet_header_size + ip6_header_size;

// A header without options, of a packet with so many octets behind it; `id` 0 lets a kernel choose.
void write_ip4_header(std::span<uint8_t, ip4_header_size>, const Ip& from, const Ip& to, uint8_t protocol,
                      size_t payload, uint16_t id);

struct FrameAddresses {
  Mac from_mac, to_mac;
  Ip from, to;
};
// Ethernet and IP headers for a payload of that size. What follows them in the frame, for the payload to be written
// there; empty when the frame is too small.
std::span<uint8_t> write_frame_headers(std::span<uint8_t> frame, const FrameAddresses&, uint8_t protocol,
                                       size_t payload, uint16_t ip_id);

// What a frame to this machine carries, as it arrived.
struct Frame {
  FrameAddresses ends{};
  uint8_t protocol = 0;
  std::span<const uint8_t> payload;  // behind the IP header, as much as was captured, without the padding of the link
};
// Nothing when it is no whole IPv4 or IPv6 header, or a later fragment. IPv6 extension headers are not looked behind.
// What follows is not checked: of frames between machines in one computer the checksum is often left to nobody.
std::optional<Frame> read_frame(std::span<const uint8_t> frame);
// The way back: for an answer to whoever sent the frame.
inline FrameAddresses reversed(const FrameAddresses& ends) {
  return {ends.to_mac, ends.from_mac, ends.to, ends.from};
}

// What stands behind the IP header in what a raw IPv4 socket delivers; nothing when that is no whole header of that
// protocol.
std::optional<std::span<const uint8_t>> strip_ip4(std::span<const uint8_t> packet, uint8_t protocol);

// ICMP errors quote the packet that caused them.
struct QuotedPacket {
  uint8_t type = 0, code = 0;        // of the error
  Ip from{}, to{};                   // of the packet that could not be delivered
  std::span<const uint8_t> payload;  // as much as was quoted behind its IP header; 8 octets are all RFC 792 asks for
};
// `packet` begins with the ICMP or ICMPv6 header of the error. Nothing when it is no error, or quotes another protocol
// or a later fragment.
std::optional<QuotedPacket> read_quoted4(std::span<const uint8_t> packet, uint8_t protocol);
std::optional<QuotedPacket> read_quoted6(std::span<const uint8_t> packet, uint8_t protocol);
// "host unreachable", "administratively prohibited" ...
const char* describe_error(bool four, uint8_t type, uint8_t code);

}  // namespace sonde::net
