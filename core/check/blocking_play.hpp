// Scenes with blocking probes.
#pragma once
#include "check/play.hpp"

namespace sonde::core::check {

Played play_blocking(const Subject&, const Play&, Notes&);

}  // namespace sonde::core::check
