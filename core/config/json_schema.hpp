// JSON Schema, draft 07, for editors: the pipeline file with the options of the plugins that are there. It accepts what
// load_pipeline() accepts before interpolation: ${...} may stand for any scalar.
#pragma once
#include <string>
#include <vector>

#include "config/schema.hpp"

namespace sonde::core {

/// Where the `use:` of a plugin may stand.
enum class PluginRole : uint8_t { stage, output, target };

struct PluginOptions {
  PluginRole role = PluginRole::stage;
  std::string id, summary;
  const Schema* schema = nullptr;
};

/// One node as an editor understands it.
Value editor_schema(const Schema&);
/// The document of `sonde schema pipeline`, ending in a newline. The same plugins in any order give the same bytes.
std::string pipeline_json_schema(std::vector<PluginOptions> plugins);

}  // namespace sonde::core
