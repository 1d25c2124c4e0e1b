// The options of the plugin, typed. What they mean stands in options_schema.hpp.
#pragma once
#include <cstdint>
#include <sonde/plugin.hpp>
#include <vector>

#include "dialogue.hpp"

namespace sonde::tcp_banner {

struct Options {
  std::vector<uint16_t> ports;               ///< each once; with `found`, of hosts that no earlier stage asked
  bool found = false;                        ///< connect to what earlier stages found open
  int64_t timeout = 0, idle = 0, total = 0;  ///< ns
  uint64_t tries = 1;
  Manner manner;
  static Options from(const Context&);
};

}  // namespace sonde::tcp_banner
