// nmap-xml: a probe that runs nmap or reads its reports, and a source of targets out of reports. One library.
#include "probe.hpp"
#include "source.hpp"

namespace {

constexpr sonde::About probe = {
    .id = "nmap-xml",
    .version = "0.1.0",
    .summary = "runs nmap on each host for services and operating system, or imports what its XML reports say",
    .license = "Apache-2.0",
    .options_schema = R"({
  "type": "object",
  "properties": {
    "mode": {"type": "string", "enum": ["run", "import"], "default": "run",
             "description": "run starts nmap on the hosts that reach the stage; import looks them up in `files` and sends nothing"},
    "files": {"type": "array", "minItems": 1, "maxItems": 200, "items": {"type": "string", "x-sonde": "path"},
              "description": "import: the reports, as in [scan.xml]; what the first of them says of a host wins"},
    "ports": {"type": "string", "x-sonde": "ports",
              "description": "run: ports to ask, as in 1-1024,8080; not given: the 1000 that nmap asks by itself"},
    "os": {"enum": ["auto", true, false], "default": "auto",
           "description": "run: find out the operating system (-O); auto: where CAP_NET_RAW is there"},
    "batch": {"type": "integer", "minimum": 1, "maximum": 256, "default": 32,
              "description": "run: most hosts of one nmap; two nmaps run at once, and share the rate"},
    "timeout": {"type": "string", "x-sonde": "duration", "minimum": 1000000000, "maximum": 86400000000000, "default": "20m",
                "description": "run: what one nmap may take; a single host is given up after three quarters of it"},
    "args": {"type": "array", "items": {"type": "string"},
             "description": "run: further options of nmap, as in [-T4, --script=ssh-hostkey,default]. Permitted: -T0 to -T5, -sS -sT -sU -sC -F -r, --top-ports --exclude-ports, --version-intensity --version-light --version-all, --script (names and categories, split by commas) --script-args --script-timeout, --osscan-limit --osscan-guess --fuzzy --max-os-tries, --traceroute, --max-retries --min-parallelism --max-parallelism --min-hostgroup --max-hostgroup --min-rtt-timeout --max-rtt-timeout --initial-rtt-timeout --scan-delay --max-scan-delay --defeat-rst-ratelimit --defeat-icmp-ratelimit --reason. Always given: -sV -Pn -n"},
    "nmap": {"type": "string", "x-sonde": "path", "default": "/usr/bin/nmap",
             "description": "run: the program; its scripts are those in ../share/nmap beside it"}
  },
  "allOf": [
    {"if": {"properties": {"mode": {"enum": ["import"]}}}, "then": {"required": ["files"]}},
    {"if": {"properties": {"mode": {"enum": ["run"]}}}, "then": {"not": {"required": ["files"]}},
     "description": "run asks the network; write mode: import to read reports"}
  ],
  "x-sonde": {
    "cost": {"silent": [{"first": ["ports", 1000]}, 2], "alive": [[{"first": ["ports", 1000]}], [30]],
             "open_ended": [1], "wait": [[{"first": ["ports", 1000]}, 200000000], [2000000000]], "in_turn": true,
             "alive_wait": [20000000000], "deadline": [["timeout"], [15000000000]]},
    "batch": "batch",
    "variants": {"mode": {"import": {"needs": ["files"], "cost": {}}}}
  }
})",
    .outputs = sonde::nmap_xml::outputs,
    .needs = SONDE_NEED_EXEC | SONDE_NEED_RAW | SONDE_NEED_SOCKETS | SONDE_NEED_FILES,
    .max_batch = 256,
    .max_instances = 2,
    .timeout_ms = 60000,
};

constexpr sonde::About source = {
    .id = "nmap-xml",
    .version = "0.1.0",
    .summary = "the hosts of XML reports of nmap and masscan as targets, with what the reports know of them",
    .license = "Apache-2.0",
    .options_schema = R"({
  "type": "object",
  "required": ["files"],
  "properties": {
    "files": {"type": "array", "minItems": 1, "maxItems": 200, "items": {"type": "string", "x-sonde": "path"},
              "description": "the reports, as in [scan.xml]; relative to the pipeline file"},
    "hosts": {"type": "string", "enum": ["up", "all"], "default": "up",
              "description": "up leaves out those that the report calls down; all takes every host that it names"},
    "facts": {"type": "boolean", "default": true,
              "description": "put ports, services and the rest into the records; false: the addresses alone"}
  }
})",
    .outputs = sonde::nmap_xml::source_outputs,
    .needs = SONDE_NEED_FILES,
};

}  // namespace

extern "C" const sonde_plugin* sonde_plugin_v0(uint32_t index) {
  using namespace sonde::detail;
  if (index == 0) return &ProbePlugin<sonde::nmap_xml::Probe, probe>::plugin;
  return index == 1 ? &SourcePlugin<sonde::nmap_xml::Source, source>::plugin : nullptr;
}
