// bench_icmp_floor ADDRESS COUNT WAIT_MS: the least that an echo sweep can cost. One raw socket, sendmmsg and recvmmsg,
// no rate, no state but a flag for each address; WAIT_MS after the last request it is over. Prints who answered, an
// address a line, and on stderr how long sending took.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned batch = 64;
constexpr size_t packet_size = 40, room = 128;

class Floor {
 public:
  Floor(int fd, uint32_t first, uint32_t count) : fd_(fd), first_(first), count_(count), seen_(count) {
    for (unsigned i = 0; i < batch; ++i) {
      packets_[i] = {8, 0, 0xf7, 0xff};  // echo request; everything else is zero, so the checksum is constant
      out_vectors_[i] = {packets_[i].data(), packet_size};
      to_[i].sin_family = AF_INET;
      out_[i].msg_hdr = {};
      out_[i].msg_hdr.msg_name = &to_[i];
      out_[i].msg_hdr.msg_namelen = sizeof to_[i];
      out_[i].msg_hdr.msg_iov = &out_vectors_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      in_vectors_[i] = {arrived_[i].data(), room};
      in_[i].msg_hdr = {};
      in_[i].msg_hdr.msg_iov = &in_vectors_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void send_all() {
    // An odd multiplier walks each address of a power of two once, in an order that no /24 feels as a burst.
    for (uint32_t sent = 0; sent < count_;) {
      unsigned n = 0;
      for (; n < batch && sent + n < count_; ++n)
        to_[n].sin_addr.s_addr = htonl(first_ + ((sent + n) * 40503u + 7) % count_);
      const int done = sendmmsg(fd_, out_.data(), n, 0);
      sent += done > 0 ? static_cast<uint32_t>(done) : 1;  // the one that failed (a broadcast address) is passed over
      drain();
    }
  }

  void wait(std::chrono::milliseconds time) {
    const auto end = Clock::now() + time;
    for (;;) {
      drain();
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
      if (left <= 0) return;
      pollfd ready{fd_, POLLIN, 0};
      poll(&ready, 1, static_cast<int>(left) + 1);
    }
  }

  void print() const {
    for (uint32_t i = 0; i < count_; ++i) {
      if (!seen_[i]) continue;
      const in_addr address{htonl(first_ + i)};
      std::puts(inet_ntoa(address));
    }
  }

 private:
  void drain() {
    for (;;) {
      const int n = recvmmsg(fd_, in_.data(), batch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < n; ++i) {
        const auto& packet = arrived_[static_cast<size_t>(i)];
        uint32_t from = 0;
        std::memcpy(&from, packet.data() + 12, sizeof from);
        const uint32_t place = ntohl(from) - first_;
        if (in_[static_cast<size_t>(i)].msg_len >= 28 && packet[20] == 0 && place < count_) seen_[place] = 1;
      }
      if (n < static_cast<int>(batch)) return;
    }
  }

  int fd_;
  uint32_t first_, count_;
  std::vector<uint8_t> seen_;
  std::array<std::array<uint8_t, packet_size>, batch> packets_{};
  std::array<std::array<uint8_t, room>, batch> arrived_{};
  std::array<sockaddr_in, batch> to_{};
  std::array<iovec, batch> out_vectors_{}, in_vectors_{};
  std::array<mmsghdr, batch> out_{}, in_{};
};

}  // namespace

int main(int argc, char** argv) {
  in_addr first{};
  if (argc != 4 || inet_aton(argv[1], &first) == 0) {
    std::fprintf(stderr, "usage: bench_icmp_floor ADDRESS COUNT WAIT_MS; COUNT is a power of two\n");
    return 2;
  }
  const auto count = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) {
    std::perror("bench_icmp_floor: socket");
    return 77;
  }
  const int buffer = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  Floor sweep(fd, ntohl(first.s_addr), count);
  const auto begin = Clock::now();
  sweep.send_all();
  const std::chrono::duration<double, std::milli> sending = Clock::now() - begin;
  sweep.wait(std::chrono::milliseconds(std::atoi(argv[3])));
  sweep.print();
  std::fprintf(stderr, "sending took %.0f ms\n", sending.count());
  return 0;
}
