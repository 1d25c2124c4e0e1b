// Words of classic BPF, for the filters of raw sockets. A load past the end of the packet ends the program with "drop",
// so short packets need no test. Jump distances count the instructions after the jump.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <vector>

namespace sonde::net::bpf {

constexpr sock_filter stmt(unsigned code, uint32_t k) {
  return {static_cast<uint16_t>(code), 0, 0, k};
}
constexpr sock_filter jump(unsigned code, uint32_t k, unsigned yes, unsigned no) {
  return {static_cast<uint16_t>(code), static_cast<uint8_t>(yes), static_cast<uint8_t>(no), k};
}
inline constexpr uint32_t whole_packet = 0xffffffff;
inline constexpr unsigned ld_byte = BPF_LD | BPF_B | BPF_IND, ld_half = BPF_LD | BPF_H | BPF_IND;  // at X + k
inline constexpr unsigned abs_byte = BPF_LD | BPF_B | BPF_ABS, abs_half = BPF_LD | BPF_H | BPF_ABS;
inline constexpr unsigned equal = BPF_JMP | BPF_JEQ | BPF_K, at_least = BPF_JMP | BPF_JGE | BPF_K;
inline constexpr unsigned any_bit = BPF_JMP | BPF_JSET | BPF_K;

// For a socket that is not to hear anything.
inline std::vector<sock_filter> drop_all() {
  return {stmt(BPF_RET | BPF_K, 0)};
}

// A program of a raw socket, and the protocol for which that is opened. Each way through it ends with BPF_RET.
struct OfProtocol {
  uint8_t protocol = 0;
  std::vector<sock_filter> program;
};
// The same for a packet socket, which sees whole frames: those to this machine that carry the beginning of one
// of the protocols right behind their IP header, each judged by its program.
std::vector<sock_filter> for_frames(bool four, const std::vector<OfProtocol>&);

}  // namespace sonde::net::bpf
