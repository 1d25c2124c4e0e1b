// Needs are declared by descriptors; only raw sockets are a matter of privilege.
#include "cli/capabilities.hpp"

#include <sonde/plugin.h>

#include "base/text.hpp"
#include "engine/privileges.hpp"

namespace sonde::core::cli {

std::vector<Privilege> privileges_of(uint32_t needs) {
  if ((needs & SONDE_NEED_RAW) == 0) return {};
  return {{"CAP_NET_RAW", has_net_raw()}};
}

std::string describe_needs(uint32_t needs) {
  constexpr std::pair<uint32_t, std::string_view> words[] = {
      {SONDE_NEED_CONNECT, "TCP or UDP"},    {SONDE_NEED_RAW, "raw sockets"},     {SONDE_NEED_FILES, "files"},
      {SONDE_NEED_EXEC, "running programs"}, {SONDE_NEED_THREADS, "own threads"}, {SONDE_NEED_SOCKETS, "own sockets"}};
  std::vector<std::string_view> parts;
  for (const auto& [bit, word] : words)
    if ((needs & bit) != 0) parts.push_back(word);
  return parts.empty() ? "nothing" : join(parts, ", ");
}

}  // namespace sonde::core::cli
