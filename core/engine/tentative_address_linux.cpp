#include <linux/if_addr.h>

#include <algorithm>
#include <atomic>
#include <charconv>

#include "base/file.hpp"
#include "engine/tentative_address.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {
namespace {

/// The next word of a line, which is cut off it.
std::string_view word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view found = line.substr(0, line.find(' '));
  line.remove_prefix(found.size());
  return found;
}

uint32_t hex(std::string_view digits) {
  uint32_t n = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), n, 16);
  return n;
}

}  // namespace

bool lists_tentative_address(std::string_view text, uint32_t zone) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    word(line);  // the address
    const uint32_t interface = hex(word(line));
    word(line);  // the length of its prefix
    word(line);  // the scope
    const uint32_t flags = hex(word(line));
    // One that turned out to be a duplicate stays tentative for good.
    if ((flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_DADFAILED) == 0 && (zone == 0 || zone == interface))
      return true;
  }
  return false;
}

bool has_tentative_address(uint32_t zone) {
  // Duplicates are looked for within seconds (RFC 4862: one, and a random delay). Without a carrier, as on a bridge
  // that has no port, an address stays tentative for good, and is not worth waiting for.
  constexpr int64_t longest = 5'000'000'000;
  static std::atomic<int64_t> since = 0;
  const auto text = read_file("/proc/net/if_inet6");
  if (!text || !lists_tentative_address(*text, zone)) {
    since = 0;
    return false;
  }
  const int64_t now = monotonic_ns();
  int64_t began = 0;
  return since.compare_exchange_strong(began, now) || now - began < longest;
}

}  // namespace sonde::core
