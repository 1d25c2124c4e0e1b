// arp-oui: which neighbours answer on the link, their hardware addresses, and whose they are.
#include <sonde/plugin.hpp>

#include "arp-oui/arp_oui.hpp"

namespace {

constexpr char options[] = R"({
  "type": "object",
  "properties": {
    "tries": {"type": "integer", "minimum": 1, "maximum": 16, "default": 2,
      "description": "questions to a neighbour at most; one that has answered is not asked again"},
    "timeout": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "maximum": 60000000000, "default": "500ms",
      "description": "how long an answer is waited for after the last question"},
    "interval": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "maximum": 10000000000, "default": "200ms",
      "description": "time between two questions to a neighbour"},
    "ask": {"type": "boolean", "default": true,
      "description": "ask neighbours, which needs CAP_NET_RAW; false: only look them up in the kernel's table, which proves nobody alive"},
    "oui_files": {"type": "array", "items": {"type": "string", "x-sonde": "path"},
      "description": "CSV files of the IEEE's registry; not given: oui, mam, oui36 and iab.csv of the package ieee-data"}
  },
  "x-sonde": {"cost": {"silent": ["ask", "tries"], "alive": ["ask"], "wait": [["ask", "tries", "interval"], ["ask", "timeout"]]}}
})";

constexpr sonde::About about = {
    .id = "arp-oui",
    .version = "0.1.0",
    .summary = "neighbours on the link, their hardware addresses and vendors",
    .license = "Apache-2.0",
    .options_schema = options,
    .outputs = sonde::arp_oui::outputs,
    .needs = SONDE_NEED_RAW | SONDE_NEED_FILES,
    .max_batch = 256,
    .max_in_flight = 65536,
    .timeout_ms = 60000,
};

}  // namespace

SONDE_PROBE(sonde::arp_oui::ArpOui, about)
