// Programs for the kernel's packet filter: every raw ICMP socket would otherwise be handed the ICMP of the whole
// machine, and with several shards each of them the replies of all.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace sonde::icmp {

// Passes echo replies with this id, and errors that quote an echo request with this id. The first sees what a raw IPv4
// socket does (IP header first), the second what a raw ICMPv6 socket does (ICMPv6 header first).
std::vector<sock_filter> reply_filter4(uint16_t id);
std::vector<sock_filter> reply_filter6(uint16_t id);
// The same for a packet socket: whole frames to this machine.
std::vector<sock_filter> frame_filter(bool four, uint16_t id);

}  // namespace sonde::icmp
