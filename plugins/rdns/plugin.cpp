// rdns: names of addresses by reverse DNS, through c-ares on the shard's loop.
#include "fields.hpp"
#include "probe.hpp"

namespace {

constexpr sonde::About about = {
    .id = "rdns",
    .version = "0.1.0",
    .summary = "asks DNS for the name of each address and whether the name leads back",
    .license = "Apache-2.0",
    .options_schema = R"({
  "type": "object",
  "properties": {
    "servers": {"type": "array", "items": {"type": "string", "x-sonde": "service"},
                "description": "DNS servers to ask, in this order; not given: those of /etc/resolv.conf"},
    "timeout": {"type": "string", "x-sonde": "duration", "default": "2s", "minimum": 1000000, "maximum": 10000000000,
                "description": "how long a question waits for its answer"},
    "tries": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2,
              "description": "how often a question may stay without answer; what a server dropped because it was asked too fast does not count"},
    "forward": {"type": "boolean", "default": true,
                "description": "ask for the addresses of the names too and compare: dns.confirmed"}
  },
  "x-sonde": {"cost": {"silent": [1], "alive": [[1], ["forward"]],
    "most": [["tries"], ["tries", "forward"]], "open_ended": ["forward"]}}
})",
    .outputs = sonde::rdns::outputs,
    .needs = SONDE_NEED_SOCKETS | SONDE_NEED_FILES,  // /etc/resolv.conf
    .max_in_flight = 512,
    // Above tries x timeout of both questions at their highest; a server that is slowed down takes its time.
    .timeout_ms = 120000,
};

using sonde::rdns::Probe;

}  // namespace

SONDE_PROBE(Probe, about)
