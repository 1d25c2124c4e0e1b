// Tolerant where servers are sloppy (bare LF, missing reason), strict about what becomes a value.
#include "http.hpp"

#include <algorithm>

#include "clean.hpp"

namespace sonde::tcp_banner {
namespace {

constexpr std::string_view protocol = "HTTP/";

std::string_view take_line(std::string_view& rest, bool& complete) {
  const std::size_t end = rest.find('\n');
  complete = end != std::string_view::npos;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(complete ? end + 1 : rest.size());
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

int parse_status(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || line.size() < blank + 4) return 0;
  int status = 0;
  for (char c : line.substr(blank + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

std::string_view quoted_realm(std::string_view challenge) {
  constexpr std::string_view word = "realm=\"";
  for (std::size_t i = 0; i + word.size() <= challenge.size(); ++i) {
    if (!begins_with_ignoring_case(challenge.substr(i), word)) continue;
    const std::string_view value = challenge.substr(i + word.size());
    return value.substr(0, value.find('"'));
  }
  return {};
}

}  // namespace

std::string http_request(std::string_view host) {
  std::string request = "HEAD / HTTP/1.1\r\nHost: ";
  request += host;
  request += "\r\nUser-Agent: sonde\r\nAccept: */*\r\nConnection: close\r\n\r\n";
  return request;
}

bool looks_like_http(std::string_view bytes) {
  const std::size_t n = std::min(bytes.size(), protocol.size());
  return n > 0 && bytes.substr(0, n) == protocol.substr(0, n);
}

bool head_complete(std::string_view bytes) {
  return bytes.find("\n\r\n") != std::string_view::npos || bytes.find("\n\n") != std::string_view::npos;
}

std::optional<HttpHead> parse_http_head(std::string_view bytes) {
  if (bytes.substr(0, protocol.size()) != protocol) return std::nullopt;
  HttpHead head;
  bool complete = false;
  const std::string_view first = take_line(bytes, complete);
  head.status_line = one_line(first);
  head.status = parse_status(first);
  while (!bytes.empty()) {
    const std::string_view line = take_line(bytes, complete);
    if (line.empty() || !complete) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || line[0] == ' ' || line[0] == '\t') continue;
    const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    auto is = [&](std::string_view known) {
      return name.size() == known.size() && begins_with_ignoring_case(name, known);
    };
    if (is("server") && head.server.empty())
      head.server = one_line(value);
    else if (is("location") && head.location.empty())
      head.location = one_line(value);
    else if (is("www-authenticate") && head.realm.empty())
      head.realm = one_line(quoted_realm(value));
  }
  return head;
}

}  // namespace sonde::tcp_banner
