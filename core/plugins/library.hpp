// A shared library brought into the process, for good.
#pragma once
#include <sonde/plugin.h>

#include <string>

#include "base/result.hpp"

namespace sonde::core {

using PluginEntryPoint = const sonde_plugin* (*)(uint32_t);

/// Loads the library of that absolute path (all symbols bound at once, none shared with other libraries) and returns
/// its entry. Never unloaded: thread-locals and exit handlers of what a plugin links do not survive that.
Result<PluginEntryPoint> open_library(const std::string& path);

}  // namespace sonde::core
