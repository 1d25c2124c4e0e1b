// What a plugin says of itself, checked and copied: nothing behind this file reads a descriptor again.
#pragma once
#include <sonde/plugin.h>

#include <string>

#include "plugins/registry.hpp"

namespace sonde::core {

/// The parts of a descriptor in the order in which they are looked at; nothing behind the first wrong one is.
enum class DescriptorPart : uint8_t { sizes, identity, abi, texts, fields, numbers, schema, functions };

/// The plugin of a library as an entry, or why it is refused. `id` gets the plugin's id as soon as that is known, so
/// that a refusal can be found by it; `wrong`, on a refusal, the part that was to blame.
Result<PluginEntry> check_plugin(const sonde_plugin* plugin, const std::string& library, std::string& id,
                                 DescriptorPart* wrong = nullptr);

}  // namespace sonde::core
