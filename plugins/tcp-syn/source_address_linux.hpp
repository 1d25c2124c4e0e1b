// The address that this machine sends from: the checksum of TCP over IPv4 covers it.
#pragma once
#include "common-linux/ip.hpp"
#include "common-linux/socket.hpp"

namespace sonde::tcp_syn {

// Asks the kernel, which knows all tables and rules; nothing is sent for that.
class SourceAddress {
 public:
  // Throws sonde::Failure when this machine is short of something.
  SourceAddress();
  // 0, or the errno for which the kernel would not send to this IPv4 address; it may be that of a shortage.
  int find(const net::Ip& to, net::Ip& from) const;

 private:
  net::Socket socket_;
};

}  // namespace sonde::tcp_syn
