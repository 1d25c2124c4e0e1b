// Scenes with asynchronous probes.
#pragma once
#include "check/play.hpp"

namespace sonde::core::check {

Played play_async(const Subject&, const Play&, Notes&);

}  // namespace sonde::core::check
