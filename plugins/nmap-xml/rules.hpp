// The rules of the run that nmap must keep too: what the host's documents "limits" and "exclude" say.
#pragma once
#include <cstdint>
#include <sonde/plugin.hpp>
#include <string>

namespace sonde::nmap_xml {

struct Rules {
  uint64_t packets_per_second = 0;  ///< 0: unlimited
  uint64_t connections_per_host = 0;
  bool allow_print_ports = false;
  std::string exclusions_v4, exclusions_v6;  ///< networks, one a line

  /// Throws sonde::Failure when the host does not tell: then nothing may be started.
  static Rules of(const Context&);
  static Rules from(std::string_view limits, std::string_view exclude);
};

}  // namespace sonde::nmap_xml
