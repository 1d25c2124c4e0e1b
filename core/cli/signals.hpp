// SIGINT, SIGTERM and SIGHUP during a run: the first asks it to end with its results; one that follows it by a second
// or more leaves at once.
#pragma once
#include <atomic>
#include <string_view>

namespace sonde::core::cli {

/// Installs the handlers. The flag becomes the number of the first signal.
const std::atomic<int>& watch_signals();

/// What the signal that leaves at once says on stderr, of at most 8 KiB; empty: nothing. From one thread alone.
void say_when_stopped(std::string_view text);

}  // namespace sonde::core::cli
