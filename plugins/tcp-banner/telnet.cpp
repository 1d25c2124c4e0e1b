// One pass over the bytes.
#include "telnet.hpp"

#include <cstdint>

namespace sonde::tcp_banner {
namespace {
constexpr uint8_t se = 240, sb = 250, will = 251, dont = 254, iac = 255;
uint8_t octet(std::string_view s, std::size_t i) {
  return static_cast<uint8_t>(s[i]);
}
}  // namespace

bool begins_with_negotiation(std::string_view bytes) {
  return bytes.size() >= 2 && octet(bytes, 0) == iac && octet(bytes, 1) >= sb && octet(bytes, 1) <= dont;
}

std::string without_negotiation(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (octet(bytes, i) != iac) {
      out += bytes[i];
      continue;
    }
    if (++i == bytes.size()) break;
    const uint8_t command = octet(bytes, i);
    if (command == iac) {
      out += bytes[i];
    } else if (command == sb) {
      while (i + 1 < bytes.size() && !(octet(bytes, i) == iac && octet(bytes, i + 1) == se)) {
        // IAC IAC inside is data: step over both, else its second half would pair with a following SE.
        i += octet(bytes, i) == iac && octet(bytes, i + 1) == iac ? 2 : 1;
      }
      ++i;
    } else if (command >= will && command <= dont) {
      ++i;
    }
  }
  return out;
}

}  // namespace sonde::tcp_banner
