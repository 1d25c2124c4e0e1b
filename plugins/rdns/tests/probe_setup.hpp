// What the tests of the whole probe share: its options, its fields, and the names that the servers know.
#pragma once
#include "dns_message.hpp"
#include "dns_server.hpp"
#include "options.hpp"

namespace sonde::rdns {

constexpr uint32_t reverse_dns = 0, dns = 1;

inline testing::Options options(const std::vector<std::string>& servers, bool forward = false,
                                int64_t timeout_ms = 300) {
  return testing::Options()
      .list("servers", servers)
      .set("timeout", timeout_ms * 1'000'000)
      .set("tries", int64_t{2})
      .set("forward", forward);
}
inline Answer ptr(const std::string& name) {
  return {0, false, {{type_ptr, wire_name(name)}}};
}
/// "3.2.0.127.in-addr.arpa" -> "h-2-3.example"
inline std::string name_of(const std::string& question) {
  auto first = question.find('.'), second = question.find('.', first + 1);
  return "h-" + question.substr(first + 1, second - first - 1) + "-" + question.substr(0, first) + ".example";
}
/// Of 127.0.x.y, which is the i-th.
inline std::string name_of(unsigned i) {
  return "h-" + std::to_string(i / 256) + "-" + std::to_string(i % 256) + ".example";
}

}  // namespace sonde::rdns
