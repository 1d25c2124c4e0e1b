// Names of runs.
#pragma once
#include <chrono>
#include <string>

namespace sonde::core::cli {

/// UTC time and 64 random bits, "20261122T173412Z-3fa9c1d25b07e884": sorts by time, and runs of one second differ, be
/// they thousands on as many machines.
std::string make_run_id(std::chrono::system_clock::time_point now);

}  // namespace sonde::core::cli
