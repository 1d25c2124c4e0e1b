// snmp as sonde sees it: the descriptor, and the one exported symbol.
#include "fields.hpp"
#include "options_schema.hpp"
#include "probe.hpp"

namespace {

constexpr sonde::About about = {
    .id = "snmp",
    .version = "0.1.0",
    .summary = "asks SNMP agents (v1, v2c, v3) for names, makers, serial numbers and tables",
    .license = "Apache-2.0",
    .options_schema = sonde::snmp::options_schema,
    .inputs = sonde::snmp::inputs,
    .outputs = sonde::snmp::outputs,
    .needs = SONDE_NEED_CONNECT,
    .max_batch = 64,
    // With those that are silent; see OnTheWay for the others.
    .max_in_flight = 256,
    // Above the wait that the schema tells: tables of a large device, a row at a time.
    .timeout_ms = 120000,
};

}  // namespace

SONDE_PROBE(sonde::snmp::Probe, about)
