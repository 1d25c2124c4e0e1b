// Options as the probe uses them. The host has checked bounds; what a list can still hold wrong is checked here.
#include "options.hpp"

#include <algorithm>
#include <limits>

namespace sonde::tcp_banner {

Options Options::from(const Context& host) {
  Options out;
  std::vector<bool> seen(std::size_t{std::numeric_limits<uint16_t>::max()} + 1, false);
  out.found = host.host().option_count(host.raw_context(), str("/ports")) == 0;
  for (uint64_t port : host.list<uint64_t>(out.found ? "/fallback_ports" : "/ports")) {
    if (port == 0 || port >= seen.size() || seen[port]) continue;  // the host has checked them
    seen[port] = true;
    out.ports.push_back(static_cast<uint16_t>(port));
  }
  if (out.ports.empty()) throw OptionFailure("/ports", "is empty: name at least one, as in ports: 22,80,443");
  out.timeout = host.duration("/timeout");
  out.idle = host.duration("/idle");
  out.total = host.duration("/total");
  out.tries = static_cast<uint64_t>(host.option<int64_t>("/tries"));
  out.manner.banner = host.flag("/banner");
  out.manner.probe = host.flag("/probe");
  out.manner.tls = host.flag("/tls");
  out.manner.max_bytes = static_cast<std::size_t>(host.number("/max_bytes"));
  return out;
}

}  // namespace sonde::tcp_banner
