// ICMP errors quote the packet that caused them. This finds our echo request in the quotation, so that an error can be
// laid to the target it belongs to. What a router says about a target does not make the target alive.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "common-linux/ip.hpp"
#include "icmp/echo.hpp"

namespace sonde::icmp {

struct QuotedEcho {
  uint8_t type = 0, code = 0;  // of the error
  net::Ip to{};                // whom our request was for
  uint16_t id = 0, sequence = 0, checksum = 0;
  net::Ip from{};                  // our address, as the quoted header has it
  std::optional<EchoClaim> claim;  // when enough of the request is quoted; 8 octets are all that RFC 792 asks for
};

// `packet` begins with the ICMP or ICMPv6 header of the error. Nothing when it is no error or quotes no echo request.
std::optional<QuotedEcho> read_error4(std::span<const uint8_t> packet);
std::optional<QuotedEcho> read_error6(std::span<const uint8_t> packet);

// A short quotation still has the checksum of the request, and that covers the proof: does it belong to this attempt?
bool checksum_proves(const QuotedEcho&, const EchoTag&, const EchoIdentity&, size_t payload);

}  // namespace sonde::icmp
