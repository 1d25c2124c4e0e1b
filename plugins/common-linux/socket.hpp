// A file descriptor with an owner, and the few socket options that raw sockets of a probe want.
#pragma once
#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <utility>

namespace sonde::net {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  explicit operator bool() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // False with errno set. The kernel copies the program.
  bool attach_filter(std::span<const sock_filter> program) const;
  // Packets that the kernel had to drop because the receive buffer was full.
  uint32_t drops() const;

 private:
  int fd_ = -1;
};

// How the failure of one sent packet is to be read.
enum class SendFault : uint8_t {
  shortage,   // no buffer right now: send it again a little later, and what is behind it
  no_source,  // the address that it would leave from is still looked for duplicates of (IPv6): send it again later
  local       // this machine cannot send that packet: an error of the task, no statement about the target
};
inline constexpr int64_t shortage_wait = 2'000'000;    // ns
inline constexpr int64_t no_source_wait = 50'000'000;  // ns; it takes a second or two
SendFault classify_send_error(int error);

}  // namespace sonde::net
