// Many packets in one system call, out of and into buffers that are allocated once.
#pragma once
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <span>
#include <vector>

#include "common-linux/ip.hpp"
#include "common-linux/socket.hpp"

namespace sonde::net {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_ll link;
};

// Where a raw socket sends what is for this address.
inline socklen_t write_socket_address(const Ip& ip, uint32_t scope_id, SocketAddress& out) {
  out = {};
  if (is_v4(ip)) {
    out.v4.sin_family = AF_INET;
    std::memcpy(&out.v4.sin_addr, &ip[12], 4);
    return sizeof out.v4;
  }
  out.v6.sin6_family = AF_INET6;
  std::memcpy(&out.v6.sin6_addr, ip.data(), 16);
  out.v6.sin6_scope_id = scope_id;
  return sizeof out.v6;
}

inline int64_t wall_clock() {
  timespec t{};
  ::clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

// Collects packets for one socket. `Tag` says afterwards whose packet it was.
template <class Tag>
class SendBatch {
 public:
  // Small batches keep the send times exact and the shard responsive; most of the gain is there already.
  static constexpr unsigned most = 32;

  explicit SendBatch(size_t packet_size)
      : packet_size_(packet_size),
        bytes_(packet_size * most),
        addresses_(most),
        vectors_(most),
        messages_(most),
        tags_(most) {
    for (unsigned i = 0; i < most; ++i) {
      vectors_[i] = {bytes_.data() + i * packet_size_, 0};
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &addresses_[i];
    }
  }
  bool full() const { return count_ == most; }
  bool empty() const { return count_ == 0; }
  // The next packet's buffer; add() seals it.
  std::span<uint8_t> buffer() { return {bytes_.data() + count_ * packet_size_, packet_size_}; }
  void add(size_t length, const SocketAddress& to, socklen_t to_length, Tag tag) {
    vectors_[count_].iov_len = length;
    addresses_[count_] = to;
    messages_[count_].msg_hdr.msg_namelen = to_length;
    tags_[count_++] = tag;
  }

  // Sends all. For each packet, in order: sent(tag, wall clock ns) or failed(tag, errno). After a shortage the rest is
  // not tried, and fails with the same errno.
  template <class Sent, class Failed>
  void flush(int fd, Sent&& sent, Failed&& failed) {
    unsigned done = 0;
    while (done < count_) {
      const int64_t before = wall_clock();
      const int n = ::sendmmsg(fd, messages_.data() + done, count_ - done, MSG_DONTWAIT);
      // The error is that of the first message of a call; a bad one further on shows as a short count, and then here.
      if (n <= 0) {
        const int error = n < 0 ? errno : EAGAIN;
        if (error == EINTR) continue;
        if (classify_send_error(error) != SendFault::shortage) {
          failed(tags_[done++], error);
          continue;
        }
        while (done < count_) failed(tags_[done++], error);
        break;
      }
      // The packets of one call left one after the other, evenly as far as can be known.
      const int64_t step = (wall_clock() - before) / n;
      for (int i = 0; i < n; ++i) sent(tags_[done++], before + step * i);
    }
    count_ = 0;
  }

 private:
  size_t packet_size_;
  unsigned count_ = 0;
  std::vector<uint8_t> bytes_;
  std::vector<SocketAddress> addresses_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> messages_;
  std::vector<Tag> tags_;
};

struct Received {
  std::span<const uint8_t> bytes;
  const SocketAddress& from;
  int64_t wall_time;  // when the kernel took it in, ns since the epoch; 0: not told
};

class ReceiveBatch {
 public:
  static constexpr unsigned most = 64;

  explicit ReceiveBatch(size_t packet_size)
      : packet_size_(packet_size),
        bytes_(packet_size * most),
        control_(control_size * most),
        addresses_(most),
        vectors_(most),
        messages_(most) {
    for (unsigned i = 0; i < most; ++i) {
      vectors_[i] = {bytes_.data() + i * packet_size_, packet_size_};
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &addresses_[i];
    }
  }

  // Reads until nothing is left or `rounds` calls were made. True: the socket was empty at the end, so that what has
  // not been seen by now had not arrived.
  template <class Each>
  bool drain(int fd, unsigned rounds, Each&& each) {
    while (rounds-- > 0) {
      for (unsigned i = 0; i < most; ++i) {
        messages_[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
        messages_[i].msg_hdr.msg_control = control_.data() + i * control_size;
        messages_[i].msg_hdr.msg_controllen = control_size;
      }
      const int n = ::recvmmsg(fd, messages_.data(), most, MSG_DONTWAIT, nullptr);
      if (n < 0 && errno == EINTR) continue;
      // An error that the network left on the socket is taken off by this read; the next one goes on.
      if (n < 0 && errno != EAGAIN) continue;
      if (n <= 0) return true;
      for (unsigned i = 0; i < static_cast<unsigned>(n); ++i)
        each(Received{std::span(bytes_).subspan(i * packet_size_, messages_[i].msg_len), addresses_[i],
                      timestamp(messages_[i].msg_hdr)});
      if (static_cast<unsigned>(n) < most) return true;
    }
    return false;
  }

 private:
  static constexpr size_t control_size = 64;  // one timestamp

  static int64_t timestamp(msghdr& message) {
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS && c->cmsg_len >= CMSG_LEN(sizeof(timespec))) {
        timespec t{};
        std::memcpy(&t, CMSG_DATA(c), sizeof t);
        return t.tv_sec * 1'000'000'000 + t.tv_nsec;
      }
    return 0;
  }

  size_t packet_size_;
  std::vector<uint8_t> bytes_;
  std::vector<char> control_;
  std::vector<SocketAddress> addresses_;
  std::vector<iovec> vectors_;
  std::vector<mmsghdr> messages_;
};

}  // namespace sonde::net
