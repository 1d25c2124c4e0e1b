// icmp: which addresses answer an echo request, and how fast.
#include <sonde/plugin.hpp>

#include "icmp/icmp.hpp"

namespace {

constexpr char options[] = R"({
  "type": "object",
  "properties": {
    "count": {"type": "integer", "minimum": 1, "maximum": 16, "default": 2,
      "description": "echo requests to a target at most; one that has answered is not asked again"},
    "timeout": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "maximum": 60000000000, "default": "800ms",
      "description": "how long an answer is waited for after the last request"},
    "interval": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "maximum": 10000000000, "default": "250ms",
      "description": "least time between two requests to a target; longer where round trips are measured to be"},
    "adaptive": {"type": "boolean", "default": false,
      "description": "let measured round trips end the wait before timeout; slow hosts may then be missed"},
    "size": {"type": "integer", "minimum": 16, "maximum": 1472, "default": 32,
      "description": "octets of payload in a request"}
  },
  "x-sonde": {"cost": {"silent": ["count"], "alive": [1], "wait": [["count", "interval"], ["timeout"]]}}
})";

constexpr sonde::About about = {
    .id = "icmp",
    .version = "0.1.0",
    .summary = "echo sweep over IPv4 and IPv6 with round-trip times",
    .license = "Apache-2.0",
    .options_schema = options,
    .inputs = sonde::icmp::inputs,
    .outputs = sonde::icmp::outputs,
    .needs = SONDE_NEED_RAW,
    .max_batch = 256,
    .max_in_flight = 65536,
    .timeout_ms = 60000,
};

}  // namespace

SONDE_PROBE(sonde::icmp::Icmp, about)
