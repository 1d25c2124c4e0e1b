// What the end of a connect attempt says of the port, and of the host.
#pragma once
#include <cstdint>

namespace sonde::tcp_banner {

enum class ConnectResult : uint8_t {
  open,
  closed,   ///< the host answered with RST
  silent,   ///< no answer, or an ICMP error: anybody on the way may have sent it, it proves nothing of the host
  shortage  ///< this machine was short of something: says nothing at all
};

/// Of a refused connection: whether an ICMP error refused it, by the segments that TCP counted.
bool refused_by_icmp(uint32_t segments_out, uint32_t segments_in);
/// `error` as SONDE_IO_ERRNO() gave it.
ConnectResult connect_result(int error, int fd);

}  // namespace sonde::tcp_banner
