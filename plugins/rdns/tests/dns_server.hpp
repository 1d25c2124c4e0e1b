// A DNS server on loopback for tests: a thread, UDP and TCP on one port, and a function that makes the replies.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sonde::rdns {

struct Question {
  std::string name;  ///< in lower case
  uint16_t type = 0;
  bool tcp = false;
};
struct Answer {
  uint8_t rcode = 0;
  bool truncated = false;
  std::vector<std::pair<uint16_t, std::string>> records;  ///< type and rdata; the owner is the question
};

/// "a.example" as labels of the wire.
std::string wire_name(const std::string& name);

class DnsServer {
 public:
  using Handler = std::function<std::optional<Answer>(const Question&)>;  ///< nothing: dropped
  explicit DnsServer(Handler handler);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  unsigned queries() const { return queries_; }

 private:
  void serve();
  std::optional<std::string> reply(const std::string& query, bool tcp);

  Handler handler_;
  int udp_ = -1, tcp_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<unsigned> queries_ = 0;
  std::thread thread_;
};

}  // namespace sonde::rdns
