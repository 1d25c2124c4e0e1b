// What --set changes: limits before the file is checked, options of stages and outputs after.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "config/pipeline_spec.hpp"

namespace sonde::core {

/// Puts every --set limits.key=value into the parsed file; its schema then checks them as it does the file's own.
void apply_limit_sets(Value& file, const Overrides&, Diagnostics& out);
/// Puts every --set stage.option=value into the options of that stage or output.
void apply_stage_sets(PipelineSpec&, const Overrides&, Diagnostics& out);
/// Puts one text into options, below a path such as "v3.user". False: the path goes through what is no mapping.
bool set_option(Value& options, std::string_view path, const std::string& text, const SourceSpan& where);

}  // namespace sonde::core
