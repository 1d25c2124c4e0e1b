// IPv6 addresses of this machine that the kernel still looks for duplicates of (RFC 4862): until it has, a second or
// two, nothing leaves from them, and whoever has no other source gets EADDRNOTAVAIL.
#pragma once
#include <cstdint>
#include <string_view>

namespace sonde::core {

/// Whether there is one, in that zone or, with 0, anywhere. Where that cannot be read there is none.
bool has_tentative_address(uint32_t zone);
/// The same of the text of /proc/net/if_inet6.
bool lists_tentative_address(std::string_view text, uint32_t zone);

}  // namespace sonde::core
