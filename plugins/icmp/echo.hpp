// The echo request and its reply, for ICMP and ICMPv6: what is sent, and what a packet that came back says.
//
// The payload proves that the reply answers this very request:
//   0  slot        who was asked, an index of this instance
//   4  generation  of that slot, 24 bits; then the attempt, 8 bits
//   8  proof       SipHash of address, id, sequence and the 8 octets above, under the key of the instance
//  16  padding     to the configured size
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "common-linux/headers.hpp"
#include "common-linux/ip.hpp"
#include "common-linux/siphash.hpp"

namespace sonde::icmp {

inline constexpr size_t header_size = 8;  // type, code, checksum, id, sequence
inline constexpr size_t least_payload = 16;
inline constexpr uint32_t generation_mask = 0xffffff;

struct EchoTag {
  uint32_t slot = 0;
  uint32_t generation = 0;  // 24 bits
  uint8_t attempt = 0;      // from 0
  friend bool operator==(const EchoTag&, const EchoTag&) = default;
};

// What is the same in every request of an instance.
struct EchoIdentity {
  net::SipKey key;
  uint16_t id = 0;
};

// Attempts at one target differ, and so do neighbouring targets: some firewalls drop what looks like a copy.
uint16_t sequence_of(const EchoTag&);

// Writes a whole request (header and payload) over `packet`. The checksum is that of ICMP; a kernel or the caller has
// to put in that of ICMPv6, which covers addresses too.
void build_request(std::span<uint8_t> packet, const net::Ip& target, const EchoTag&, const EchoIdentity&);
// The checksum of an ICMPv6 packet between two addresses, into the packet.
void set_checksum6(std::span<uint8_t> packet, const net::Ip& from, const net::Ip& to);

// The tag in the payload of an echo packet of ours, request or reply, as its octets claim.
struct EchoClaim {
  EchoTag tag;
  uint16_t id = 0, sequence = 0;
  uint64_t proof = 0;
};
// `packet` begins with the ICMP header. Nothing if it is too short.
std::optional<EchoClaim> read_claim(std::span<const uint8_t> packet);
// Was the request with this claim sent to `target` by the owner of the identity? With `check_id` false the id is that
// of a ping socket, which the kernel has checked.
bool proves(const EchoClaim&, const net::Ip& target, const EchoIdentity&, bool check_id);

// A frame around a request, for a neighbour whose hardware address is known. Returns its length, 0 if it does not fit.
size_t build_frame(std::span<uint8_t> frame, const net::FrameAddresses&, std::span<const uint8_t> echo, uint16_t ip_id);

}  // namespace sonde::icmp
