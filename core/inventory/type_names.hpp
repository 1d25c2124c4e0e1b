// What messages and documents call the type of a field: "u64", "list of text", "map to json".
#pragma once
#include <sonde/plugin.h>

#include <array>
#include <string>
#include <string_view>

namespace sonde::core {

inline std::string type_name(uint32_t type, uint32_t shape) {
  constexpr std::array<std::string_view, 10> types = {"any",  "bool",  "i64", "u64",  "f64",
                                                      "text", "bytes", "ip",  "time", "json"};
  const std::string name(type < types.size() ? types[type] : "unknown type");
  return shape == SONDE_LIST ? "list of " + name : shape == SONDE_MAP ? "map to " + name : name;
}

}  // namespace sonde::core
