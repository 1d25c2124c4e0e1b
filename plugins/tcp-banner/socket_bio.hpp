// OpenSSL's way to a descriptor that the host opened. Its own socket BIO writes without MSG_NOSIGNAL, so a peer that
// resets would kill the process; this one also bounds how much one step may read.
#pragma once
#include <cstddef>

struct bio_st;

namespace sonde::tcp_banner {

/// What the BIO needs; outlives it.
struct SocketEnd {
  int fd = -1;
  std::size_t allowance = 0;  ///< bytes that may still be read before control goes back to the loop
};

/// Never closes the descriptor. Null when out of memory.
bio_st* new_socket_bio(SocketEnd&);

}  // namespace sonde::tcp_banner
