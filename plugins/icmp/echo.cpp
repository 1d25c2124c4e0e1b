// Echo packets, octet by octet.
#include "icmp/echo.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <algorithm>
#include <cstring>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::icmp {
namespace {

using net::load16, net::load32, net::load64, net::store16, net::store32, net::store64;

uint64_t proof_of(const EchoTag& tag, const net::Ip& target, uint16_t id, uint16_t sequence, const net::SipKey& key) {
  std::array<uint8_t, 28> covered;
  std::memcpy(covered.data(), target.data(), 16);
  store16(covered.data() + 16, id);
  store16(covered.data() + 18, sequence);
  store32(covered.data() + 20, tag.slot);
  store32(covered.data() + 24, (tag.generation & generation_mask) << 8 | tag.attempt);
  return net::siphash(key, covered);
}

}  // namespace

uint16_t sequence_of(const EchoTag& tag) {
  return static_cast<uint16_t>(tag.slot + tag.attempt * 6553u);
}

void build_request(std::span<uint8_t> packet, const net::Ip& target, const EchoTag& tag, const EchoIdentity& self) {
  const uint16_t sequence = sequence_of(tag);
  packet[0] = net::is_v4(target) ? uint8_t{ICMP_ECHO} : uint8_t{ICMP6_ECHO_REQUEST};
  packet[1] = 0;
  store16(&packet[2], 0);
  store16(&packet[4], self.id);
  store16(&packet[6], sequence);
  store32(&packet[8], tag.slot);
  store32(&packet[12], (tag.generation & generation_mask) << 8 | tag.attempt);
  store64(&packet[16], proof_of(tag, target, self.id, sequence, self.key));
  std::fill(packet.begin() + header_size + least_payload, packet.end(), uint8_t{0});
  store16(&packet[2], net::checksum(packet));
}

void set_checksum6(std::span<uint8_t> packet, const net::Ip& from, const net::Ip& to) {
  store16(&packet[2], 0);
  const uint32_t pseudo = net::pseudo_header6(from, to, static_cast<uint32_t>(packet.size()), IPPROTO_ICMPV6);
  store16(&packet[2], net::checksum_finish(net::checksum_add(packet, pseudo)));
}

std::optional<EchoClaim> read_claim(std::span<const uint8_t> packet) {
  if (packet.size() < header_size + least_payload) return std::nullopt;
  EchoClaim claim;
  claim.id = load16(&packet[4]);
  claim.sequence = load16(&packet[6]);
  claim.tag.slot = load32(&packet[8]);
  const uint32_t rest = load32(&packet[12]);
  claim.tag.generation = rest >> 8;
  claim.tag.attempt = static_cast<uint8_t>(rest);
  claim.proof = load64(&packet[16]);
  return claim;
}

bool proves(const EchoClaim& claim, const net::Ip& target, const EchoIdentity& self, bool check_id) {
  // A ping socket's request was built before the kernel chose the id, so the proof covers ours in either case.
  return (!check_id || claim.id == self.id) && claim.sequence == sequence_of(claim.tag) &&
         claim.proof == proof_of(claim.tag, target, self.id, claim.sequence, self.key);
}

size_t build_frame(std::span<uint8_t> frame, const net::FrameAddresses& ends, std::span<const uint8_t> echo,
                   uint16_t ip_id) {
  const uint8_t protocol = net::is_v4(ends.to) ? uint8_t{IPPROTO_ICMP} : uint8_t{IPPROTO_ICMPV6};
  const auto body = net::write_frame_headers(frame, ends, protocol, echo.size(), ip_id);
  if (body.empty()) return 0;
  std::copy(echo.begin(), echo.end(), body.begin());
  if (!net::is_v4(ends.to)) set_checksum6(body, ends.from, ends.to);
  return static_cast<size_t>(body.data() - frame.data()) + body.size();
}

}  // namespace sonde::icmp
