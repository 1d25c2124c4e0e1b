// Opening and closing the sockets that the core hands out. All are non-blocking and close-on-exec.
#pragma once
#include <cstdint>

#include "base/ip_address.hpp"

namespace sonde::core {

/// EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN: this machine is short of something; says nothing about
/// anyone.
bool is_local_shortage(int error);
/// Of those: what is short for one target need not be for another (EADDRNOTAVAIL, EAGAIN).
bool is_of_one_target(int error);
/// A socket whose connect() has begun, or -errno for a local fault; ENETUNREACH also where this machine has no address
/// that it could ask from, which the kernel calls EADDRNOTAVAIL like a lack of ports, unless one is on its way
/// (tentative_address.hpp). When the answer came at once (a
/// refused port on loopback, a neighbour known to be gone) the socket is returned and *refused is the errno.
int open_connection(const IpAddress&, uint16_t port, uint8_t proto, int* refused);
/// reset: no TIME_WAIT, unread data is dropped.
void close_socket(int fd, bool reset);
/// A raw or (AF_PACKET, bound to ifindex) packet socket with the largest receive buffer this machine allows, or -errno.
/// `proto` is in host order for both.
int open_raw(int family, int proto, uint32_t ifindex);
/// How many packets the socket dropped because its buffer was full (SO_MEMINFO), 0 if unknown.
uint64_t dropped_by(int fd);
/// Of the descriptor, 0 if it is closed.
uint64_t inode_of(int fd);

}  // namespace sonde::core
