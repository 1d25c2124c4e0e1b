// The schema is the manual: validation, defaults, `sonde describe` and the table in the README come from it.
#pragma once

namespace sonde::tcp_banner {

inline constexpr char options_schema[] = R"json({
  "type": "object",
  "x-sonde": {"cost": {
    "silent": ["ports", "tries"],
    "alive": ["ports"], "most": [["ports", "tries"], ["ports", "tls", "banner"]],
    "wait": ["ports", "timeout", "tries"], "connections": ["ports"]
  }, "variants": {"ports": {"found": {"cost": {
    "silent": ["fallback_ports", "tries"],
    "alive": ["fallback_ports"], "most": [["fallback_ports", "tries"], ["fallback_ports", "tls", "banner"]],
    "wait": ["fallback_ports", "timeout", "tries"], "connections": ["fallback_ports"],
    "spared_by": "ports"
  }}}}},
  "properties": {
    "ports": {
      "type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}, "x-sonde": "ports",
      "enum": ["found"], "default": "22,80,443,3389,445",
      "description": "TCP ports to connect to; found: those that earlier stages found open on the host"
    },
    "fallback_ports": {
      "type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 65535}, "x-sonde": "ports",
      "default": "22,80,443,3389,445",
      "description": "with ports: found, what is connected to on hosts that no earlier stage asked for open ports"
    },
    "timeout": {
      "type": "integer", "x-sonde": "duration", "default": "800ms", "minimum": 1000000, "maximum": 300000000000,
      "description": "how long a connect may take, and then the first byte of an answer"
    },
    "tries": {
      "type": "integer", "default": 1, "minimum": 1, "maximum": 5,
      "description": "connects to a port that stays silent, each a timeout apart; above a timeout of 1s the kernel repeats a lost SYN by itself"
    },
    "banner": {
      "type": "boolean", "default": true,
      "description": "read what services say; false: connect only"
    },
    "probe": {
      "type": "boolean", "default": true,
      "description": "send HTTP HEAD to web ports at once, and to unknown ports that stay silent; false: send nothing but TLS"
    },
    "tls": {
      "type": "boolean", "default": true,
      "description": "TLS handshake on TLS ports, for the certificate and what speaks inside"
    },
    "idle": {
      "type": "integer", "x-sonde": "duration", "default": "500ms", "minimum": 1000000, "maximum": 60000000000,
      "description": "how long to wait for more once something came, and on an unknown port before it is asked"
    },
    "total": {
      "type": "integer", "x-sonde": "duration", "default": "3s", "minimum": 1000000, "maximum": 300000000000,
      "description": "longest time on one open connection, whatever still comes"
    },
    "max_bytes": {
      "type": "integer", "x-sonde": "bytes", "default": "4KiB", "minimum": 64, "maximum": 1048576,
      "description": "read no more than this of a banner or a response head"
    }
  }
})json";

}  // namespace sonde::tcp_banner
