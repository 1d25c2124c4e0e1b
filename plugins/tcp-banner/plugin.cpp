// tcp-banner as sonde sees it: the descriptor, and the one exported symbol.
#include "fields.hpp"
#include "options_schema.hpp"
#include "probe.hpp"

namespace {

// A start() of 16 hosts dials at most 256 connections of some 20 microseconds each: within what a loop may be held.
constexpr sonde::About about = {
    .id = "tcp-banner",
    .version = "0.1.0",
    .summary = "open TCP ports, what their services say, and their TLS certificates",
    .license = "Apache-2.0",
    .options_schema = sonde::tcp_banner::options_schema,
    .inputs = sonde::tcp_banner::inputs,
    .outputs = sonde::tcp_banner::outputs,
    .needs = SONDE_NEED_CONNECT,
    .max_batch = 16,
    .max_in_flight = 512,
    .timeout_ms = 60000,
};

}  // namespace

SONDE_PROBE(sonde::tcp_banner::TcpBanner, about)
