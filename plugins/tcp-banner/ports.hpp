// What is known of a TCP port before anything was said on it: who speaks first there. A hint for the order of asking
// only; what a service is called comes from what it answered.
#pragma once
#include <cstdint>

namespace sonde::tcp_banner {

enum class First : uint8_t {
  unknown,     ///< listen a moment, then ask by HTTP
  server,      ///< the server greets: SSH, FTP, SMTP, MySQL ...
  http,        ///< the client asks by HTTP
  tls,         ///< TLS, and nothing that we could ask inside
  tls_server,  ///< TLS, then the server greets: IMAPS, SMTPS ...
  tls_http,    ///< TLS, then HTTP
  quiet        ///< another protocol that the client opens, or a port where a byte does harm: listen, send nothing
};

First first_to_speak(uint16_t port);

}  // namespace sonde::tcp_banner
