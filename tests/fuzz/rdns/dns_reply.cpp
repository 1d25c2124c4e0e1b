// Replies, names at any offset, and resolv.conf: no crash, and text that a terminal and a zone file can bear.
#include "dns_message.hpp"
#include "servers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sonde::rdns;
  std::span<const uint8_t> message(data, size);
  for (const char* question : {"1.2.0.192.in-addr.arpa", "a", ""}) {
    if (auto names = ptr_names(message, question)) {
      if (names->size() > 64) __builtin_trap();
      for (const std::string& name : *names) {
        if (name.empty() || name.size() > 4 * 255) __builtin_trap();
        for (char c : name)
          if (c <= 0x20 || c >= 0x7f) __builtin_trap();
      }
    }
    addresses(message, question, type_a);
    addresses(message, question, type_aaaa);
  }
  for (size_t at = 0; at < size; ++at) {
    size_t end = 0;
    if (read_name(message, at, end) && (end <= at || end > size)) __builtin_trap();
  }
  for (const Server& server : parse_resolv_conf({reinterpret_cast<const char*>(data), size}))
    if (server.port != 53) __builtin_trap();
  return 0;
}
