// Time from the caller, chance from the system.
#include "cli/run_id.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <random>

namespace sonde::core::cli {

std::string make_run_id(std::chrono::system_clock::time_point now) {
  std::random_device chance;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{:06x}", fmt::gmtime(seconds), chance() & 0xffffffu);
}

}  // namespace sonde::core::cli
