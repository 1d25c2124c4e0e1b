// Time from the caller, chance from the system.
#include "cli/run_id.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <random>

namespace sonde::core::cli {

std::string make_run_id(std::chrono::system_clock::time_point now) {
  std::random_device chance;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const uint64_t suffix = uint64_t{chance()} << 32 | chance();
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:016x}", fmt::gmtime(seconds), suffix);
}

}  // namespace sonde::core::cli
