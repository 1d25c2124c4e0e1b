// Quoted packets in ICMP errors.
#include "icmp/quoted.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "common-linux/headers.hpp"

namespace sonde::icmp {
namespace {

using Bytes = std::span<const uint8_t>;

// The echo request at the start of what was quoted, cut short or not.
std::optional<QuotedEcho> read_request(const std::optional<net::QuotedPacket>& quoted, uint8_t request_type) {
  if (!quoted) return std::nullopt;
  const Bytes echo = quoted->payload;
  if (echo.size() < header_size || echo[0] != request_type || echo[1] != 0) return std::nullopt;
  const auto claim = read_claim(echo);
  if (!claim) return std::nullopt;
  return QuotedEcho{quoted->type, quoted->code, quoted->to, *claim};
}

}  // namespace

std::optional<QuotedEcho> read_error4(Bytes packet) {
  return read_request(net::read_quoted4(packet, IPPROTO_ICMP), ICMP_ECHO);
}

std::optional<QuotedEcho> read_error6(Bytes packet) {
  return read_request(net::read_quoted6(packet, IPPROTO_ICMPV6), ICMP6_ECHO_REQUEST);
}

}  // namespace sonde::icmp
