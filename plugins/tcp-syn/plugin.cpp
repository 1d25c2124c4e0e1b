// tcp-syn: which TCP ports are open, by SYNs without a connection.
#include <sonde/plugin.hpp>

#include "tcp-syn/tcp_syn.hpp"

namespace {

// A host takes its rounds; a port list that is long for the rate takes its share of it, at 10 packets a second and
// more.
constexpr char options[] = R"({
  "type": "object",
  "properties": {
    "ports": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}, "x-sonde": "ports",
      "default": "22,80,443,3389,445",
      "description": "TCP ports to ask"},
    "tries": {"type": "integer", "minimum": 1, "maximum": 16, "default": 2,
      "description": "SYNs to a port at most; one that has answered is not asked again"},
    "timeout": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "maximum": 60000000000, "default": "800ms",
      "description": "how long an answer is waited for after the last SYN"},
    "interval": {"type": "string", "x-sonde": "duration", "minimum": 1000000, "maximum": 10000000000, "default": "250ms",
      "description": "least time between two SYNs to a port"}
  },
  "x-sonde": {"cost": {"silent": ["ports", "tries"], "alive": [["ports"], [3]],
    "most": [["ports", "tries"], [3, "tries"]],
    "wait": [["tries", "interval"], ["timeout"]],
    "deadline": [["ports", "tries", 100000000], ["tries", "interval", 2], ["timeout", 2], [60000000000]]}}
})";

constexpr sonde::About about = {
    .id = "tcp-syn",
    .version = "0.1.0",
    .summary = "open TCP ports by SYNs without a connection; flags what answers for every port",
    .license = "Apache-2.0",
    .options_schema = options,
    .inputs = sonde::tcp_syn::inputs,
    .outputs = sonde::tcp_syn::outputs,
    .needs = SONDE_NEED_RAW,
    .max_batch = 256,
    .max_in_flight = 65536,
    .timeout_ms = 60000,
};

}  // namespace

SONDE_PROBE(sonde::tcp_syn::TcpSyn, about)
