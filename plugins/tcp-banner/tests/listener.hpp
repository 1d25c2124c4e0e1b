// For tests: a server on a loopback port whose one conversation is a function on a thread of its own.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

namespace sonde::tcp_banner {

class Listener {
 public:
  /// `serve` gets each connection; it should return when sending fails or after its time.
  explicit Listener(std::function<void(int fd)> serve) : serve_(std::move(serve)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    ::listen(fd_, 16);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~Listener() {
    stop_ = true;
    thread_.join();
    ::close(fd_);
  }
  uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

  static bool say(int fd, std::string_view text) {
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// What comes within the time, until the other side closes or a blank line comes.
  static std::string hear(int fd, int milliseconds) {
    std::string heard;
    pollfd p{fd, POLLIN, 0};
    char buffer[512];
    while (::poll(&p, 1, milliseconds) == 1) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      heard.append(buffer, static_cast<std::size_t>(n));
      if (heard.find("\r\n\r\n") != std::string::npos) break;
    }
    return heard;
  }
  static void rest(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

 private:
  void accept_all() {
    pollfd p{fd_, POLLIN, 0};
    while (!stop_) {
      if (::poll(&p, 1, 10) != 1) continue;
      const int client = ::accept(fd_, nullptr, nullptr);
      if (client < 0) continue;
      ++accepted_;
      serve_(client);
      ::close(client);
    }
  }
  std::function<void(int)> serve_;
  std::atomic<bool> stop_{false};
  std::atomic<int> accepted_{0};
  int fd_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace sonde::tcp_banner
