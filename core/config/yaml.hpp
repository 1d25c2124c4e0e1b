// YAML text to a tree of values in which every key and value knows its line and column. The only door to yaml-cpp.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/value.hpp"

namespace sonde::core {

/// What a YAML file may cost. Aliases count as what they stand for.
struct YamlLimits {
  std::size_t bytes = 1u << 20;
  std::size_t depth = 32;
  std::size_t nodes = 100'000;
  std::size_t expanded_bytes = 16u << 20;
};

/// Plain scalars are typed by the core schema; quoted and block scalars are text. Duplicate keys are reported and the
/// first one kept. Columns count bytes, as compilers do. Empty when the text cannot be understood (why: in `out`).
std::optional<Value> parse_yaml(std::string_view text, const std::string& file, Diagnostics& out,
                                const YamlLimits& limits = {});

}  // namespace sonde::core
