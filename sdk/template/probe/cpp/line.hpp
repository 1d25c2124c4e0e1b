// The part that meets hostile bytes, apart from sockets and from sonde, so that a test (and a fuzzer) can call it.
#pragma once
#include <optional>
#include <string_view>

/// The first line of what has arrived; nothing while it is not complete. A line may be cut at `longest` octets.
inline std::optional<std::string_view> first_line(std::string_view arrived, std::size_t longest = 512) {
  std::size_t end = arrived.find_first_of("\r\n");
  if (end == std::string_view::npos && arrived.size() < longest) return std::nullopt;
  return arrived.substr(0, end < longest ? end : longest);
}
