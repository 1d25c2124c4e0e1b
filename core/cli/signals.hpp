// SIGINT, SIGTERM and SIGHUP during a run: the first asks it to end with its results, the second leaves at once.
#pragma once
#include <atomic>

namespace sonde::core::cli {

/// Installs the handlers. The flag becomes the number of the first signal.
const std::atomic<int>& watch_signals();

}  // namespace sonde::core::cli
