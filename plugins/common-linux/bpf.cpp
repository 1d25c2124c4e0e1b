// From programs of raw sockets to one of a packet socket.
#include "common-linux/bpf.hpp"

#include <linux/if_packet.h>

#include "common-linux/headers.hpp"

namespace sonde::net::bpf {
namespace {

// Moves all loads of a packet's octets behind so many others.
sock_filter shifted(sock_filter s, size_t by) {
  const unsigned kind = BPF_CLASS(s.code), mode = BPF_MODE(s.code);
  const bool loads = kind == BPF_LD || kind == BPF_LDX;
  if (loads && (mode == BPF_ABS || mode == BPF_IND || mode == BPF_MSH)) s.k += static_cast<uint32_t>(by);
  return s;
}

}  // namespace

std::vector<sock_filter> for_frames(bool four, const std::vector<OfProtocol>& all) {
  constexpr uint32_t ip = ethernet_header_size, fragment_at = ip + 6, offset = 0x1fff;
  constexpr auto packet_type = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  const auto drop = stmt(BPF_RET | BPF_K, 0);
  // To others: what a bridge or a promiscuous card passes on, or what belongs to a VLAN without a device.
  std::vector<sock_filter> out = {stmt(abs_byte, packet_type), jump(equal, PACKET_HOST, 1, 0), drop};
  if (four) out.insert(out.end(), {stmt(abs_half, fragment_at), jump(any_bit, offset, 0, 1), drop});
  // A raw IPv4 socket sees the IP header, a raw IPv6 one what stands behind it.
  const size_t shift = ethernet_header_size + (four ? 0 : ip6_header_size);
  for (const OfProtocol& one : all) {
    out.push_back(stmt(abs_byte, ip + (four ? 9 : 6)));
    out.push_back(jump(equal, one.protocol, 0, static_cast<unsigned>(one.program.size())));
    for (const sock_filter& s : one.program) out.push_back(shifted(s, shift));
  }
  out.push_back(drop);
  return out;
}

}  // namespace sonde::net::bpf
