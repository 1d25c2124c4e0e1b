// From the first bytes of a server to what it is. A table of well-known greetings; what is in none of its rows stays
// unnamed, nothing is guessed.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::tcp_banner {

struct Service {
  std::string name;  ///< IANA's service name; empty: not recognised
  std::string product, version, extra;
  std::string banner;   ///< one clean line; empty: nothing was said
  int http_status = 0;  ///< 0: no HTTP
  std::string http_location, http_realm;
};

/// Everything that `bytes`, the beginning of what came from `port`, tells. Hostile input is expected.
Service recognise(uint16_t port, std::string_view bytes);

/// Whether a greeting has come to its end, so that waiting for more is a waste: the version line of SSH, the last line
/// of an FTP or SMTP reply, a whole MySQL handshake. False also for whatever is not known.
bool greeting_complete(std::string_view bytes);

}  // namespace sonde::tcp_banner
