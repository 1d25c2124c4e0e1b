// Headers, octet by octet: RFC 791, 8200, 792, 4443.
#include "common-linux/headers.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <algorithm>
#include <cstring>

#include "common-linux/bytes.hpp"
#include "common-linux/checksum.hpp"

namespace sonde::net {
namespace {

using Bytes = std::span<const uint8_t>;
constexpr size_t icmp_header_size = 8;
constexpr uint8_t hop_limit = 64;
constexpr uint16_t fragment_offset = 0x1fff;
constexpr uint16_t ethertype_ip4 = 0x0800, ethertype_ip6 = 0x86dd;

bool is_error4(uint8_t type) {
  return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
         type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

}  // namespace

void write_ip4_header(std::span<uint8_t, ip4_header_size> ip, const Ip& from, const Ip& to, uint8_t protocol,
                      size_t payload, uint16_t id) {
  std::fill(ip.begin(), ip.end(), uint8_t{0});
  ip[0] = 0x45;
  store16(&ip[2], static_cast<uint16_t>(ip4_header_size + payload));
  store16(&ip[4], id);
  ip[8] = hop_limit;
  ip[9] = protocol;
  std::memcpy(&ip[12], &from[12], 4);
  std::memcpy(&ip[16], &to[12], 4);
  store16(&ip[10], checksum(ip));
}

std::span<uint8_t> write_frame_headers(std::span<uint8_t> frame, const FrameAddresses& ends, uint8_t protocol,
                                       size_t payload, uint16_t ip_id) {
  const bool four = is_v4(ends.to);
  const size_t ip_size = four ? ip4_header_size : ip6_header_size, before = ethernet_header_size + ip_size;
  if (payload > 0xffff - ip4_header_size || before + payload > frame.size()) return {};
  std::memcpy(&frame[0], ends.to_mac.data(), 6);
  std::memcpy(&frame[6], ends.from_mac.data(), 6);
  store16(&frame[12], four ? ethertype_ip4 : ethertype_ip6);
  const auto ip = frame.subspan(ethernet_header_size, ip_size);
  if (four) {
    write_ip4_header(ip.first<ip4_header_size>(), ends.from, ends.to, protocol, payload, ip_id);
  } else {
    std::fill(ip.begin(), ip.end(), uint8_t{0});
    ip[0] = 0x60;
    store16(&ip[4], static_cast<uint16_t>(payload));
    ip[6] = protocol;
    ip[7] = hop_limit;
    std::memcpy(&ip[8], ends.from.data(), 16);
    std::memcpy(&ip[24], ends.to.data(), 16);
  }
  return frame.subspan(before, payload);
}

std::optional<Frame> read_frame(Bytes frame) {
  if (frame.size() < ethernet_header_size + ip4_header_size) return std::nullopt;
  const uint16_t type = load16(&frame[12]);
  const Bytes ip = frame.subspan(ethernet_header_size);
  Frame out;
  std::memcpy(out.ends.to_mac.data(), &frame[0], 6);
  std::memcpy(out.ends.from_mac.data(), &frame[6], 6);
  size_t header = ip4_header_size, whole = 0;
  if (type == ethertype_ip4) {
    header = (ip[0] & 15u) * 4u;
    whole = load16(&ip[2]);
    if (ip[0] >> 4 != 4 || header < ip4_header_size || (load16(&ip[6]) & fragment_offset) != 0) return std::nullopt;
    out.protocol = ip[9];
    out.ends.from = mapped(&ip[12]);
    out.ends.to = mapped(&ip[16]);
  } else if (type == ethertype_ip6 && ip.size() >= ip6_header_size && ip[0] >> 4 == 6) {
    header = ip6_header_size;
    whole = ip6_header_size + load16(&ip[4]);
    out.protocol = ip[6];
    out.ends.from = ip6(&ip[8]);
    out.ends.to = ip6(&ip[24]);
  } else {
    return std::nullopt;
  }
  if (whole < header || ip.size() < header) return std::nullopt;
  out.payload = ip.first(std::min(whole, ip.size())).subspan(header);
  return out;
}

std::optional<Bytes> strip_ip4(Bytes packet, uint8_t protocol) {
  if (packet.size() < ip4_header_size || packet[0] >> 4 != 4 || packet[9] != protocol) return std::nullopt;
  const size_t length = (packet[0] & 15u) * 4u;
  if (length < ip4_header_size || packet.size() < length) return std::nullopt;
  return packet.subspan(length);
}

std::optional<QuotedPacket> read_quoted4(Bytes packet, uint8_t protocol) {
  if (packet.size() < icmp_header_size + ip4_header_size || !is_error4(packet[0])) return std::nullopt;
  const Bytes ip = packet.subspan(icmp_header_size);
  const auto payload = strip_ip4(ip, protocol);
  // Only the first fragment begins with the header of the protocol.
  if (!payload || (load16(&ip[6]) & fragment_offset) != 0) return std::nullopt;
  return QuotedPacket{packet[0], packet[1], mapped(&ip[12]), mapped(&ip[16]), *payload};
}

std::optional<QuotedPacket> read_quoted6(Bytes packet, uint8_t protocol) {
  // Below 128 are the errors of ICMPv6.
  if (packet.size() < icmp_header_size + ip6_header_size || packet[0] == 0 || packet[0] >= 128) return std::nullopt;
  const Bytes ip = packet.subspan(icmp_header_size);
  // Our packets carry no extension headers.
  if (ip[0] >> 4 != 6 || ip[6] != protocol) return std::nullopt;
  return QuotedPacket{packet[0], packet[1], ip6(&ip[8]), ip6(&ip[24]), ip.subspan(ip6_header_size)};
}

const char* describe_error(bool four, uint8_t type, uint8_t code) {
  if (four) {
    switch (type) {
      case ICMP_DEST_UNREACH:
        switch (code) {
          case ICMP_NET_UNREACH:
            return "network unreachable";
          case ICMP_HOST_UNREACH:
            return "host unreachable";
          case ICMP_PROT_UNREACH:
            return "protocol unreachable";
          case ICMP_NET_ANO:
          case ICMP_HOST_ANO:
          case ICMP_PKT_FILTERED:
            return "administratively prohibited";
          default:
            return "destination unreachable";
        }
      case ICMP_TIME_EXCEEDED:
        return "time to live exceeded";
      case ICMP_REDIRECT:
        return "redirect";
      case ICMP_SOURCE_QUENCH:
        return "source quench";
      default:
        return "parameter problem";
    }
  }
  switch (type) {
    case ICMP6_DST_UNREACH:
      return code == ICMP6_DST_UNREACH_ADMIN  ? "administratively prohibited"
             : code == ICMP6_DST_UNREACH_ADDR ? "address unreachable"
                                              : "destination unreachable";
    case ICMP6_PACKET_TOO_BIG:
      return "packet too big";
    case ICMP6_TIME_EXCEEDED:
      return "hop limit exceeded";
    default:
      return "parameter problem";
  }
}

}  // namespace sonde::net
