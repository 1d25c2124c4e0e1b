// The TCP segments that are sent, and what a segment or an ICMP error that came back says about them (RFC 9293).
//
// No state is kept in the kernel, and none is needed to know an answer: the sequence number of a SYN is a keyed hash of
// who is asked on which port from which port. Who has not seen the SYN cannot answer it.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "common-linux/headers.hpp"
#include "common-linux/ip.hpp"
#include "common-linux/siphash.hpp"

namespace sonde::tcp_syn {

inline constexpr size_t syn_size = 24;    // header and the option "maximum segment size"
inline constexpr size_t reset_size = 20;  // header

// What is the same in every segment of an instance.
struct Identity {
  net::SipKey key;
  uint16_t source_port = 0;
};

// Attempts at one port are alike, as the retransmissions of a connect are: a firewall on the way keeps one state for
// them.
uint32_t sequence_for(const Identity&, const net::Ip& target, uint16_t port);

// The checksum is left 0; seal() puts it in where no kernel does.
void write_syn(std::span<uint8_t, syn_size>, const Identity&, const net::Ip& target, uint16_t port);
// Takes back what a SYN+ACK offered. `sequence` is the number that it acknowledged.
void write_reset(std::span<uint8_t, reset_size>, const Identity&, uint16_t port, uint32_t sequence);
void seal(std::span<uint8_t> segment, const net::Ip& from, const net::Ip& to);

enum class Answer : uint8_t { open, closed };  // SYN+ACK, RST
struct AnswerSegment {
  Answer answer = Answer::closed;
  uint16_t port = 0;          // that answered
  uint32_t acknowledged = 0;  // what a reset has to carry
};
// `segment` begins with the TCP header. Nothing unless it answers a SYN of this identity to that address.
std::optional<AnswerSegment> read_answer(std::span<const uint8_t> segment, const net::Ip& from, const Identity&);

struct ErrorAnswer {
  net::Ip to{};  // whom the SYN was for
  uint16_t port = 0;
  uint8_t type = 0, code = 0;
  // The port is forbidden or cannot be reached at all; else the fault may pass (RFC 1122, 4.2.3.9: "soft").
  bool final = false;
};
// `packet` begins with the header of an ICMP (`four`) or ICMPv6 error. Nothing unless it quotes a SYN of this identity.
std::optional<ErrorAnswer> read_error(bool four, std::span<const uint8_t> packet, const Identity&);

}  // namespace sonde::tcp_syn
