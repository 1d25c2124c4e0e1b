// Programs for the kernel's packet filter: every raw TCP socket would otherwise be handed the TCP of the whole machine,
// and with several shards each of them the answers of all. Answers come to the source port of their shard.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace sonde::tcp_syn {

// SYN+ACK and RST for this port. A raw IPv4 socket sees the IP header first, a raw IPv6 socket the TCP header.
std::vector<sock_filter> answer_filter4(uint16_t port);
std::vector<sock_filter> answer_filter6(uint16_t port);
// Errors that quote a TCP segment from this port.
std::vector<sock_filter> error_filter4(uint16_t port);
std::vector<sock_filter> error_filter6(uint16_t port);
// All of that for a packet socket: whole frames to this machine.
std::vector<sock_filter> frame_filter(bool four, uint16_t port);

}  // namespace sonde::tcp_syn
