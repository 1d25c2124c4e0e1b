// Diagnostics as lines to compare: "LINE:COLUMN id: text", in the order of the file.
#pragma once
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "base/diagnostic.hpp"

namespace sonde::core {

inline std::vector<std::string> problems(const Diagnostics& out) {
  auto items = out.items();
  std::stable_sort(items.begin(), items.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.where.line, a.where.column) < std::tie(b.where.line, b.where.column);
  });
  std::vector<std::string> lines;
  for (const auto& d : items) {
    lines.push_back(std::to_string(d.where.line) + ":" + std::to_string(d.where.column) + " " + d.id + ": " + d.text);
  }
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace sonde::core
