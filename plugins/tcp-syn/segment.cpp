// TCP segments, octet by octet.
#include "tcp-syn/segment.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::tcp_syn {
namespace {

using net::load16, net::load32, net::store16, net::store32;

enum Flags : uint8_t { syn = 2, rst = 4, ack = 16 };
constexpr uint16_t window = 64240;  // what a Linux client opens with; 0 or 1024 look odd to some firewalls
constexpr uint16_t segment_size4 = 1460, segment_size6 = 1440;

void write_header(uint8_t* p, uint16_t from, uint16_t to, uint32_t sequence, size_t size, uint8_t flags) {
  store16(p, from);
  store16(p + 2, to);
  store32(p + 4, sequence);
  store32(p + 8, 0);
  p[12] = static_cast<uint8_t>(size / 4 << 4);
  p[13] = flags;
  store16(p + 14, flags == syn ? window : uint16_t{0});
  store32(p + 16, 0);  // checksum, urgent pointer
}

bool is_final4(uint8_t type, uint8_t code) {
  if (type == ICMP_PARAMETERPROB) return true;
  if (type != ICMP_DEST_UNREACH) return false;
  switch (code) {
    case ICMP_PROT_UNREACH:
    case ICMP_PORT_UNREACH:
    case ICMP_NET_ANO:
    case ICMP_HOST_ANO:
    case ICMP_PKT_FILTERED:
      return true;
    default:
      return false;
  }
}

bool is_final6(uint8_t type, uint8_t code) {
  if (type == ICMP6_PARAM_PROB) return true;
  constexpr uint8_t source_policy = 5, reject_route = 6;  // RFC 4443
  return type == ICMP6_DST_UNREACH && (code == ICMP6_DST_UNREACH_ADMIN || code == ICMP6_DST_UNREACH_NOPORT ||
                                       code == source_policy || code == reject_route);
}

// What says nothing about the port: it asks for another way or another size.
bool is_advice(bool four, uint8_t type, uint8_t code) {
  if (!four) return type == ICMP6_PACKET_TOO_BIG;
  return type == ICMP_REDIRECT || type == ICMP_SOURCE_QUENCH || (type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED);
}

}  // namespace

uint32_t sequence_for(const Identity& self, const net::Ip& target, uint16_t port) {
  std::array<uint8_t, 20> covered;
  std::memcpy(covered.data(), target.data(), 16);
  store16(covered.data() + 16, port);
  store16(covered.data() + 18, self.source_port);
  return static_cast<uint32_t>(net::siphash(self.key, covered));
}

void write_syn(std::span<uint8_t, syn_size> segment, const Identity& self, const net::Ip& target, uint16_t port) {
  write_header(segment.data(), self.source_port, port, sequence_for(self, target, port), syn_size, syn);
  segment[20] = 2;  // maximum segment size
  segment[21] = 4;
  store16(&segment[22], net::is_v4(target) ? segment_size4 : segment_size6);
}

void write_reset(std::span<uint8_t, reset_size> segment, const Identity& self, uint16_t port, uint32_t sequence) {
  write_header(segment.data(), self.source_port, port, sequence, reset_size, rst);
}

void seal(std::span<uint8_t> segment, const net::Ip& from, const net::Ip& to) {
  store16(&segment[16], 0);
  const uint32_t pseudo = net::is_v4(to)
                              ? net::pseudo_header4(from, to, static_cast<uint16_t>(segment.size()), IPPROTO_TCP)
                              : net::pseudo_header6(from, to, static_cast<uint32_t>(segment.size()), IPPROTO_TCP);
  store16(&segment[16], net::checksum_finish(net::checksum_add(segment, pseudo)));
}

std::optional<AnswerSegment> read_answer(std::span<const uint8_t> segment, const net::Ip& from, const Identity& self) {
  if (segment.size() < reset_size || load16(&segment[2]) != self.source_port) return std::nullopt;
  const uint8_t flags = segment[13];
  if ((flags & ack) == 0) return std::nullopt;
  AnswerSegment out;
  out.port = load16(&segment[0]);
  out.acknowledged = load32(&segment[8]);
  const uint32_t asked = sequence_for(self, from, out.port);
  if ((flags & rst) != 0) {
    // Some devices forget that the SYN counts.
    if (out.acknowledged != asked + 1 && out.acknowledged != asked) return std::nullopt;
    out.answer = Answer::closed;
    return out;
  }
  if ((flags & syn) == 0 || out.acknowledged != asked + 1) return std::nullopt;
  out.answer = Answer::open;
  return out;
}

std::optional<ErrorAnswer> read_error(bool four, std::span<const uint8_t> packet, const Identity& self) {
  const auto quoted = four ? net::read_quoted4(packet, IPPROTO_TCP) : net::read_quoted6(packet, IPPROTO_TCP);
  if (!quoted || quoted->payload.size() < 8 || is_advice(four, quoted->type, quoted->code)) return std::nullopt;
  const uint8_t* segment = quoted->payload.data();
  ErrorAnswer out;
  out.to = quoted->to;
  out.port = load16(segment + 2);
  out.type = quoted->type;
  out.code = quoted->code;
  out.final = four ? is_final4(out.type, out.code) : is_final6(out.type, out.code);
  if (net::is_v4(out.to) != four || load16(segment) != self.source_port ||
      load32(segment + 4) != sequence_for(self, out.to, out.port))
    return std::nullopt;
  return out;
}

}  // namespace sonde::tcp_syn
