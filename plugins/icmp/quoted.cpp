// Quoted packets in ICMP errors.
#include "icmp/quoted.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <array>

#include "common-linux/bytes.hpp"

namespace sonde::icmp {
namespace {

using Bytes = std::span<const uint8_t>;
constexpr size_t largest_request = 2048;

bool is_error4(uint8_t type) {
  return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
         type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

// The echo request at the start of `echo`, cut short or not.
std::optional<QuotedEcho> read_request(Bytes error, Bytes echo, uint8_t request_type) {
  if (echo.size() < header_size || echo[0] != request_type || echo[1] != 0) return std::nullopt;
  QuotedEcho q;
  q.type = error[0];
  q.code = error[1];
  q.checksum = net::load16(&echo[2]);
  q.id = net::load16(&echo[4]);
  q.sequence = net::load16(&echo[6]);
  q.claim = read_claim(echo);
  return q;
}

}  // namespace

std::optional<QuotedEcho> read_error4(Bytes packet) {
  if (packet.size() < header_size + 20 || !is_error4(packet[0])) return std::nullopt;
  const Bytes ip = packet.subspan(header_size);
  const size_t length = (ip[0] & 15u) * 4u;
  if (ip[0] >> 4 != 4 || length < 20 || ip.size() < length || ip[9] != IPPROTO_ICMP) return std::nullopt;
  // Only the first fragment begins with the header.
  if ((net::load16(&ip[6]) & 0x1fff) != 0) return std::nullopt;
  auto q = read_request(packet, ip.subspan(length), ICMP_ECHO);
  if (q) {
    q->from = net::mapped(&ip[12]);
    q->to = net::mapped(&ip[16]);
  }
  return q;
}

std::optional<QuotedEcho> read_error6(Bytes packet) {
  // Below 128 are the errors of ICMPv6.
  if (packet.size() < header_size + 40 || packet[0] == 0 || packet[0] >= 128) return std::nullopt;
  const Bytes ip = packet.subspan(header_size);
  // Our requests carry no extension headers.
  if (ip[0] >> 4 != 6 || ip[6] != IPPROTO_ICMPV6) return std::nullopt;
  auto q = read_request(packet, ip.subspan(40), ICMP6_ECHO_REQUEST);
  if (q) {
    q->from = net::ip6(&ip[8]);
    q->to = net::ip6(&ip[24]);
  }
  return q;
}

bool checksum_proves(const QuotedEcho& q, const EchoTag& tag, const EchoIdentity& self, size_t payload) {
  std::array<uint8_t, largest_request> packet;
  const size_t size = header_size + payload;
  if (size > packet.size() || payload < least_payload || q.id != self.id || q.sequence != sequence_of(tag))
    return false;
  const auto request = std::span(packet).first(size);
  build_request(request, q.to, tag, self);
  if (!net::is_v4(q.to)) set_checksum6(request, q.from, q.to);
  return net::load16(&request[2]) == q.checksum;
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

}  // namespace sonde::icmp
