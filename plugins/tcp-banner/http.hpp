// The little of HTTP/1.1 that an inventory asks: one HEAD request, and the head of the response.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sonde::tcp_banner {

/// What is asked. `host` is the name the target was given as, else its address (v6 in brackets).
std::string http_request(std::string_view host);

struct HttpHead {
  int status = 0;
  std::string status_line;  ///< cleaned, as are the others
  std::string server;       ///< empty: not said
  std::string location;
  std::string realm;  ///< of WWW-Authenticate
};

/// Whether the bytes can be an HTTP response.
bool looks_like_http(std::string_view bytes);
/// Whether the blank line that ends the head has come.
bool head_complete(std::string_view bytes);
/// The head, as far as it came: lines without an end are left out, except the status line.
std::optional<HttpHead> parse_http_head(std::string_view bytes);

}  // namespace sonde::tcp_banner
