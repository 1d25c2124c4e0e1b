// Names of runs.
#pragma once
#include <chrono>
#include <string>

namespace sonde::core::cli {

/// UTC time and a random suffix, "20261122T173412Z-3fa9c1": sorts by time, and two runs of one second differ.
std::string make_run_id(std::chrono::system_clock::time_point now);

}  // namespace sonde::core::cli
