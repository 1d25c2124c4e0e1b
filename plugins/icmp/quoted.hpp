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
  EchoClaim claim;
};

// `packet` begins with the ICMP or ICMPv6 header of the error. Nothing when it is no error or quotes no echo request;
// nor when it quotes less than the octets that prove. The 8 that RFC 792 asks for hold no more of our secret than a
// checksum: who tries all 65,536 could make a dead address look alive.
std::optional<QuotedEcho> read_error4(std::span<const uint8_t> packet);
std::optional<QuotedEcho> read_error6(std::span<const uint8_t> packet);

}  // namespace sonde::icmp
