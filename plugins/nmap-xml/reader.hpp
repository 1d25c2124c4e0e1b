// One whole element of a report turned into what the record needs. The text comes from a Splitter, which has bounded
// it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "host.hpp"

namespace sonde::nmap_xml {

/// Who wrote the report: the attributes of <nmaprun>.
struct Head {
  std::string scanner, version;
  int64_t start = 0;  ///< seconds since the epoch
};
Head read_head(std::string_view start_tag);

/// Nothing: the element is no well-formed XML. A host without a valid address has an empty `addresses`.
std::optional<Host> read_host(std::string_view element);

/// What nmap says at its end.
struct RunStats {
  bool success = false;  ///< finished, and not by an error
  std::string error;     ///< what nmap says of it
  uint64_t total = 0;    ///< hosts that it dealt with
};
RunStats read_run_stats(std::string_view element);

/// A dotted quad, or IPv6 text whose zone is left out.
std::optional<Address> parse_address(std::string_view text);

}  // namespace sonde::nmap_xml
