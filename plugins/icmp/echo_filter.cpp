// The programs.
#include "icmp/echo_filter.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "common-linux/bpf.hpp"

namespace sonde::icmp {
using namespace net::bpf;

std::vector<sock_filter> reply_filter4(uint16_t id) {
  return {
      /* 0*/ stmt(BPF_LDX | BPF_B | BPF_MSH, 0),  // X = length of the IP header
      /* 1*/ stmt(ld_byte, 0),                    // type
      /* 2*/ jump(equal, ICMP_ECHOREPLY, 0, 2),
      /* 3*/ stmt(ld_half, 4),  // id
      /* 4*/ jump(equal, id, 14, 15),
      /* 5*/ jump(equal, ICMP_DEST_UNREACH, 4, 0),
      /* 6*/ jump(equal, ICMP_SOURCE_QUENCH, 3, 0),
      /* 7*/ jump(equal, ICMP_REDIRECT, 2, 0),
      /* 8*/ jump(equal, ICMP_TIME_EXCEEDED, 1, 0),
      /* 9*/ jump(equal, ICMP_PARAMETERPROB, 0, 10),
      /*10*/ stmt(ld_byte, 8 + 9),  // protocol of the quoted packet
      /*11*/ jump(equal, IPPROTO_ICMP, 0, 8),
      /*12*/ stmt(ld_byte, 8),  // its header length joins X
      /*13*/ stmt(BPF_ALU | BPF_AND | BPF_K, 15),
      /*14*/ stmt(BPF_ALU | BPF_LSH | BPF_K, 2),
      /*15*/ stmt(BPF_ALU | BPF_ADD | BPF_X, 0),
      /*16*/ stmt(BPF_MISC | BPF_TAX, 0),
      /*17*/ stmt(ld_half, 8 + 4),  // id of the quoted request
      /*18*/ jump(equal, id, 0, 1),
      /*19*/ stmt(BPF_RET | BPF_K, whole_packet),
      /*20*/ stmt(BPF_RET | BPF_K, 0),
  };
}

std::vector<sock_filter> reply_filter6(uint16_t id) {
  return {
      /* 0*/ stmt(abs_byte, 0),  // type
      /* 1*/ jump(equal, ICMP6_ECHO_REPLY, 0, 2),
      /* 2*/ stmt(abs_half, 4),
      /* 3*/ jump(equal, id, 5, 6),
      /* 4*/ jump(at_least, 128, 5, 0),  // no error
      /* 5*/ stmt(abs_byte, 8 + 6),      // next header of the quoted packet
      /* 6*/ jump(equal, IPPROTO_ICMPV6, 0, 3),
      /* 7*/ stmt(abs_half, 8 + 40 + 4),  // id of the quoted request
      /* 8*/ jump(equal, id, 0, 1),
      /* 9*/ stmt(BPF_RET | BPF_K, whole_packet),
      /*10*/ stmt(BPF_RET | BPF_K, 0),
  };
}

std::vector<sock_filter> frame_filter(bool four, uint16_t id) {
  return for_frames(
      four, {four ? OfProtocol{IPPROTO_ICMP, reply_filter4(id)} : OfProtocol{IPPROTO_ICMPV6, reply_filter6(id)}});
}

}  // namespace sonde::icmp
