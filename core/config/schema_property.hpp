// Looking up a member of an object's schema.
#pragma once
#include <algorithm>
#include <string_view>

#include "config/schema.hpp"

namespace sonde::core {

/// Null where there is none of that name.
inline const Schema* property(const Schema& s, std::string_view name) {
  const auto it = std::find_if(s.properties.begin(), s.properties.end(), [&](const auto& p) { return p.name == name; });
  return it == s.properties.end() ? nullptr : &it->schema;
}

}  // namespace sonde::core
