// The programs.
#include "tcp-syn/answer_filter.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "common-linux/bpf.hpp"

namespace sonde::tcp_syn {

using namespace net::bpf;

namespace {

constexpr uint32_t syn_ack = 0x12, rst_syn_ack = 0x16, rst = 0x04;

}  // namespace

std::vector<sock_filter> answer_filter4(uint16_t port) {
  return {
      /*0*/ stmt(BPF_LDX | BPF_B | BPF_MSH, 0),  // X = length of the IP header
      /*1*/ stmt(ld_half, 2),                    // destination port
      /*2*/ jump(equal, port, 0, 5),
      /*3*/ stmt(ld_byte, 13),  // flags
      /*4*/ jump(any_bit, rst, 2, 0),
      /*5*/ stmt(BPF_ALU | BPF_AND | BPF_K, rst_syn_ack),
      /*6*/ jump(equal, syn_ack, 0, 1),
      /*7*/ stmt(BPF_RET | BPF_K, whole_packet),
      /*8*/ stmt(BPF_RET | BPF_K, 0),
  };
}

std::vector<sock_filter> answer_filter6(uint16_t port) {
  return {
      /*0*/ stmt(abs_half, 2),
      /*1*/ jump(equal, port, 0, 5),
      /*2*/ stmt(abs_byte, 13),
      /*3*/ jump(any_bit, rst, 2, 0),
      /*4*/ stmt(BPF_ALU | BPF_AND | BPF_K, rst_syn_ack),
      /*5*/ jump(equal, syn_ack, 0, 1),
      /*6*/ stmt(BPF_RET | BPF_K, whole_packet),
      /*7*/ stmt(BPF_RET | BPF_K, 0),
  };
}

std::vector<sock_filter> error_filter4(uint16_t port) {
  return {
      /* 0*/ stmt(BPF_LDX | BPF_B | BPF_MSH, 0),
      /* 1*/ stmt(ld_byte, 0),  // type
      /* 2*/ jump(equal, ICMP_DEST_UNREACH, 2, 0),
      /* 3*/ jump(equal, ICMP_TIME_EXCEEDED, 1, 0),
      /* 4*/ jump(equal, ICMP_PARAMETERPROB, 0, 10),
      /* 5*/ stmt(ld_byte, 8 + 9),  // protocol of the quoted packet
      /* 6*/ jump(equal, IPPROTO_TCP, 0, 8),
      /* 7*/ stmt(ld_byte, 8),  // its header length joins X
      /* 8*/ stmt(BPF_ALU | BPF_AND | BPF_K, 15),
      /* 9*/ stmt(BPF_ALU | BPF_LSH | BPF_K, 2),
      /*10*/ stmt(BPF_ALU | BPF_ADD | BPF_X, 0),
      /*11*/ stmt(BPF_MISC | BPF_TAX, 0),
      /*12*/ stmt(ld_half, 8),  // its source port
      /*13*/ jump(equal, port, 0, 1),
      /*14*/ stmt(BPF_RET | BPF_K, whole_packet),
      /*15*/ stmt(BPF_RET | BPF_K, 0),
  };
}

std::vector<sock_filter> error_filter6(uint16_t port) {
  return {
      /*0*/ stmt(abs_byte, 0),          // type
      /*1*/ jump(at_least, 128, 5, 0),  // no error
      /*2*/ stmt(abs_byte, 8 + 6),      // next header of the quoted packet
      /*3*/ jump(equal, IPPROTO_TCP, 0, 3),
      /*4*/ stmt(abs_half, 8 + 40),  // its source port
      /*5*/ jump(equal, port, 0, 1),
      /*6*/ stmt(BPF_RET | BPF_K, whole_packet),
      /*7*/ stmt(BPF_RET | BPF_K, 0),
  };
}

std::vector<sock_filter> frame_filter(bool four, uint16_t port) {
  return four ? for_frames(true, {{IPPROTO_TCP, answer_filter4(port)}, {IPPROTO_ICMP, error_filter4(port)}})
              : for_frames(false, {{IPPROTO_TCP, answer_filter6(port)}, {IPPROTO_ICMPV6, error_filter6(port)}});
}

}  // namespace sonde::tcp_syn
