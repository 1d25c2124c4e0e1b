// The schema is the manual: validation, defaults, `sonde describe` and the table in the README come from it.
#pragma once

namespace sonde::snmp {

inline constexpr char options_schema[] = R"json({
  "type": "object",
  "x-sonde": {
    "cost": {
      "silent": [["tries", {"first": ["discover", "user"]}], ["tries", "community"], ["tries", "credentials"]],
      "alive": [[2], [12, "tables"]], "open_ended": [1],
      "wait": ["tries", "timeout", {"first": [[["community"], ["user"], ["credentials"]], 1]}]
    },
    "cleartext": ["community", "credentials.community"]
  },
  "properties": {
    "version": {
      "type": "string", "enum": ["auto", "1", "2c", "3"], "default": "auto",
      "description": "of the community or user below: auto is 2c for a community and 3 for a user; 1 for old devices"
    },
    "community": {
      "type": "string", "x-sonde": "secret", "minLength": 1, "maxLength": 255,
      "description": "community of v1 or v2c, as in community: \"${SNMP_COMMUNITY}\"; it crosses the network in the clear"
    },
    "user": {
      "type": "string", "minLength": 1, "maxLength": 32,
      "description": "user of SNMPv3; without keys: neither authenticated nor encrypted"
    },
    "auth_protocol": {
      "type": "string", "enum": ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"],
      "description": "digest of SNMPv3, SHA when there is an auth_key"
    },
    "auth_key": {
      "type": "string", "x-sonde": "secret", "minLength": 8,
      "description": "pass phrase for the digest, as in auth_key: \"${file:/etc/sonde/snmp.auth}\""
    },
    "priv_protocol": {
      "type": "string", "enum": ["DES", "AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C"],
      "description": "cipher of SNMPv3, AES (128 bits) when there is a priv_key; the last two are Cisco's way to lengthen keys"
    },
    "priv_key": {
      "type": "string", "x-sonde": "secret", "minLength": 8, "description": "pass phrase for the cipher"
    },
    "credentials": {
      "type": "array", "default": [],
      "description": "further credentials, such as [{user: lab, auth_key: \"${KEY}\"}, {community: \"${OLD}\", version: \"1\"}]: users first, then communities, each in this order and at most once a host, until one is answered",
      "items": {
        "type": "object",
        "properties": {
          "version": {"type": "string", "enum": ["auto", "1", "2c", "3"], "default": "auto"},
          "community": {"type": "string", "x-sonde": "secret", "minLength": 1, "maxLength": 255},
          "user": {"type": "string", "minLength": 1, "maxLength": 32},
          "auth_protocol": {"type": "string", "enum": ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]},
          "auth_key": {"type": "string", "x-sonde": "secret", "minLength": 8},
          "priv_protocol": {"type": "string", "enum": ["DES", "AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C"]},
          "priv_key": {"type": "string", "x-sonde": "secret", "minLength": 8}
        },
        "dependentRequired": {"auth_key": ["user"], "auth_protocol": ["auth_key"], "priv_key": ["auth_key"],
                              "priv_protocol": ["priv_key"]},
        "allOf": [
          {"anyOf": [{"required": ["community"]}, {"required": ["user"]}]},
          {"not": {"required": ["community", "user"]}, "description": "they are two credentials: write two entries"},
          {"if": {"properties": {"version": {"enum": ["1", "2c"]}}}, "then": {"required": ["community"]},
           "description": "a user goes with version 3"},
          {"if": {"properties": {"version": {"enum": ["3"]}}}, "then": {"required": ["user"]},
           "description": "a community goes with version 1 or 2c"}
        ]
      }
    },
    "discover": {
      "type": "boolean", "default": true,
      "description": "ask each host for its SNMPv3 engine id, which needs no credential; false: only where a user is given"
    },
    "port": {"type": "integer", "default": 161, "minimum": 1, "maximum": 65535, "description": "UDP port of the agents"},
    "timeout": {
      "type": "integer", "x-sonde": "duration", "default": "1s", "minimum": 10000000, "maximum": 60000000000,
      "description": "how long the last try waits for its answer, and the others too until round trips are known"
    },
    "tries": {
      "type": "integer", "default": 2, "minimum": 1, "maximum": 5,
      "description": "how often a question is sent before it counts as unanswered; apart by what answers usually take, 200ms at least, or by the timeout where that is shorter or nothing has answered yet"
    },
    "oids": {
      "type": "array", "items": {"type": "string"}, "default": [],
      "description": "objects to read beside the system group, by number or well-known name, as in [sysServices, 1.3.6.1.2.1.43.10.2.1.4.1.1]; to a name that it does not know it answers with all that it does"
    },
    "tables": {
      "type": "array", "items": {"type": "string", "enum": ["interfaces", "addresses", "arp", "entity", "lldp"]},
      "default": [],
      "description": "tables to read: network interfaces, own addresses, ARP table, serial numbers and models of parts, LLDP neighbours"
    },
    "repetitions": {
      "type": "integer", "default": 10, "minimum": 1, "maximum": 50,
      "description": "rows asked for in one GETBULK; halved for a device that does not answer, and GETNEXT in the end"
    },
    "max_rows": {
      "type": "integer", "default": 1000, "minimum": 1, "maximum": 100000,
      "description": "read no more rows of a table than this"
    },
    "max_bytes": {
      "type": "integer", "x-sonde": "bytes", "default": "256KiB", "minimum": 1024, "maximum": 16777216,
      "description": "read no more of the tables of a host than this, names and values together"
    }
  },
  "dependentRequired": {"auth_key": ["user"], "auth_protocol": ["auth_key"], "priv_key": ["auth_key"],
                        "priv_protocol": ["priv_key"]},
  "allOf": [
    {"not": {"required": ["community", "user"]},
     "description": "they are two credentials: write both as entries of credentials"},
    {"if": {"properties": {"version": {"enum": ["1", "2c"]}}}, "then": {"required": ["community"]},
     "description": "a user goes with version 3"},
    {"if": {"properties": {"version": {"enum": ["3"]}}}, "then": {"required": ["user"]},
     "description": "a community goes with version 1 or 2c"},
    {"if": {"properties": {"discover": {"enum": [false]}}},
     "then": {"anyOf": [{"required": ["community"]}, {"required": ["user"]}, {"required": ["credentials"]}]},
     "description": "else there is nothing to ask"}
  ]
})json";

}  // namespace sonde::snmp
