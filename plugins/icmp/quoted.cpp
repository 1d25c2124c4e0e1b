// Quoted packets in ICMP errors.
#include "icmp/quoted.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include <array>

#include "common-linux/bytes.hpp"
#include "common-linux/headers.hpp"

namespace sonde::icmp {
namespace {

using Bytes = std::span<const uint8_t>;
constexpr size_t largest_request = 2048;

// The echo request at the start of what was quoted, cut short or not.
std::optional<QuotedEcho> read_request(const std::optional<net::QuotedPacket>& quoted, uint8_t request_type) {
  if (!quoted) return std::nullopt;
  const Bytes echo = quoted->payload;
  if (echo.size() < header_size || echo[0] != request_type || echo[1] != 0) return std::nullopt;
  QuotedEcho q;
  q.type = quoted->type;
  q.code = quoted->code;
  q.from = quoted->from;
  q.to = quoted->to;
  q.checksum = net::load16(&echo[2]);
  q.id = net::load16(&echo[4]);
  q.sequence = net::load16(&echo[6]);
  q.claim = read_claim(echo);
  return q;
}

}  // namespace

std::optional<QuotedEcho> read_error4(Bytes packet) {
  return read_request(net::read_quoted4(packet, IPPROTO_ICMP), ICMP_ECHO);
}

std::optional<QuotedEcho> read_error6(Bytes packet) {
  return read_request(net::read_quoted6(packet, IPPROTO_ICMPV6), ICMP6_ECHO_REQUEST);
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

}  // namespace sonde::icmp
