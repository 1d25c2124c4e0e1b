// For tests: a host with one target on loopback, where an agent of the test answers by UDP.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <sonde/plugin.hpp>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../../testing/shard_host.hpp"

namespace sonde::snmp {

class ProbeHost : public testing::ShardHost {
 public:
  using Handler = std::function<std::vector<std::string>(const std::string&)>;

  /// `handler` answers what comes to the port of 127.0.0.1, where every dial goes; none: nothing listens there.
  explicit ProbeHost(Handler handler = nullptr, uint8_t target = 1) : handler_(std::move(handler)) {
    dials_go_to = INADDR_LOOPBACK;
    pacing = [this](uint32_t n) -> uint32_t {
      tokens_asked += n;
      return !full && (tokens_asked % 2 != 0 || !slow) ? n : 0;
    };
    options.set("discover", true).set("timeout", int64_t{80'000'000}).set("tries", int64_t{2});
    options.set("repetitions", int64_t{10}).set("max_rows", int64_t{1000}).set("max_bytes", uint64_t{262144});
    server_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    ::bind(server_, reinterpret_cast<sockaddr*>(&at), size);
    ::getsockname(server_, reinterpret_cast<sockaddr*>(&at), &size);
    options.set("port", int64_t{ntohs(at.sin_port)});
    if (!handler_) ::close(std::exchange(server_, -1));
    add_v4(127, 0, 0, target);
  }
  ~ProbeHost() override {
    stop();
    if (server_ >= 0) ::close(server_);
  }

  Context context() { return {ShardHost::context(), table()}; }
  sonde_err create() { return ShardHost::create(sonde_plugin_v0(0)); }
  bool begin() { return create() == SONDE_OK && offer(); }
  bool run(int64_t limit_ms = 5000) { return begin() && ShardHost::run(std::chrono::milliseconds(limit_ms)); }
  void turn() { ShardHost::turn(2); }

  bool slow = false, full = false;  ///< every second token is refused; all are
  unsigned tokens_asked = 0;
  unsigned closes_after = 0;  ///< questions, then nothing listens any more; 0: never

  // By the order of the outputs.
  sonde_outcome outcome() const { return result(0).outcome; }
  bool alive() const { return result(0).put.count(0) != 0; }
  std::string hostname() const { return at(result(0).put, 1); }
  std::string os() const { return at(result(0).put, 2); }
  std::map<std::string, std::string> snmp() const { return at(result(0).by_key, 3); }  ///< numbers as text
  std::string snmp(const std::string& key) const { return at(snmp(), key); }
  std::string logged() const {
    std::string out;
    for (const std::string& line : log) out += line + "\n";
    return out;
  }

 private:
  int peer() const override { return server_; }
  void serve_peer() override {
    char buffer[65536];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    for (ssize_t n = 0; server_ >= 0 && (n = ::recvfrom(server_, buffer, sizeof buffer, 0,
                                                        reinterpret_cast<sockaddr*>(&from), &size)) >= 0;) {
      for (const std::string& answer : handler_(std::string(buffer, static_cast<size_t>(n))))
        ::sendto(server_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
      if (++served_ == closes_after) ::close(std::exchange(server_, -1));
    }
  }

  Handler handler_;
  int server_ = -1;
  unsigned served_ = 0;
};

}  // namespace sonde::snmp
