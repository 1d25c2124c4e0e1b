// The head of an HTTP response. A head that is complete parses the same with anything behind it.
#include "http.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sonde::tcp_banner;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto head = parse_http_head(bytes);
  if (head && !looks_like_http(bytes)) std::abort();
  if (head && (head->status < 0 || head->status > 999)) std::abort();
  if (head && bytes.size() >= 4 && bytes.compare(bytes.size() - 4, 4, "\r\n\r\n") == 0) {
    const auto again = parse_http_head(bytes + "Server: body\r\nLocation: body\r\n");
    if (again->server != head->server || again->location != head->location) std::abort();
  }
  return 0;
}
