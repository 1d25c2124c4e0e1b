// For tests: a host with one target, 127.0.0.1, and options that make everything short.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "../../testing/shard_host.hpp"

namespace sonde::tcp_banner {

class ProbeHost : public testing::ShardHost {
 public:
  explicit ProbeHost(const std::vector<uint16_t>& asked) : asked_(asked.begin(), asked.end()) {
    connections_per_host = 2;
    done_hangs_up = false;
    asked_before = false;
    options.numbers("ports", asked_);
    options.set("timeout", ms(400)).set("idle", ms(100)).set("total", ms(700)).set("tries", int64_t{1});
    options.set("banner", true).set("probe", true).set("tls", true).set("max_bytes", uint64_t{4096});
    add_v4(127, 0, 0, 1);
  }
  /// The ports that it was made with are the fallback then. `open`: what an earlier stage found, if one was asked.
  void use_found(const std::vector<uint64_t>& open = {}) {
    options.numbers("ports", {}).set("ports", std::string("found"));
    options.numbers("fallback_ports", asked_);
    know(0, open);
  }
  static testing::Options::Scalar ms(int64_t n) { return n * 1'000'000; }

  /// Offers the task and runs until it is done; false: not within the time.
  bool run(int64_t limit_ms = 10000) { return begin() && ShardHost::run(std::chrono::milliseconds(limit_ms)); }
  bool begin() { return create(sonde_plugin_v0(0)) == SONDE_OK && offer(); }
  void turn() { ShardHost::turn(2); }

  // By the order of the outputs.
  sonde_outcome outcome() const { return result(0).outcome; }
  bool alive() const { return result(0).put.count(0) != 0; }
  std::set<uint64_t> ports() const { return at(result(0).numbers, 1); }
  std::map<std::string, std::string> banners() const { return at(result(0).by_key, 2); }
  std::string banner(uint16_t port) const { return at(banners(), std::to_string(port)); }
  std::string service(const std::string& key) const { return at(at(result(0).by_key, 3), key); }
  std::string tcp() const { return at(result(0).put, 4); }

 private:
  std::vector<uint64_t> asked_;
};

}  // namespace sonde::tcp_banner
