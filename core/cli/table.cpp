// Widths first, then lines.
#include "cli/table.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace sonde::core::cli {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest = 8;

/// The next code point of valid UTF-8.
uint32_t next_code(std::string_view& s) {
  const auto lead = static_cast<uint8_t>(s.front());
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length && i < s.size(); ++i) code = code << 6 | (static_cast<uint8_t>(s[i]) & 0x3fu);
  s.remove_prefix(std::min(length, s.size()));
  return code;
}

// Coarse on purpose: wcwidth() depends on a locale that a scanner in cron does not have.
std::size_t width_of(uint32_t c) {
  if ((c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x20d0 && c <= 0x20ff) ||
      (c >= 0xfe00 && c <= 0xfe0f))
    return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                    (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
  return wide ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += width_of(next_code(text));
  return width;
}

std::string elide(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  const std::size_t dots = std::min<std::size_t>(3, width);
  std::size_t used = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view after = rest;
    const std::size_t w = width_of(next_code(after));
    if (used + w > width - dots) break;
    used += w;
    rest = after;
  }
  return std::string(text.substr(0, text.size() - rest.size())) + std::string(dots, '.');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const std::size_t columns = display_width(word);
    if (lines.empty() || used + 1 + columns > width) {
      lines.emplace_back(word);
      used = columns;
    } else {
      lines.back().append(" ").append(word);
      used += 1 + columns;
    }
  }
  return lines;
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::render(std::size_t width, bool colour) const {
  std::vector<std::size_t> shown, widths(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    for (const auto& row : rows_) widths[c] = std::max(widths[c], display_width(row[c]));
    if (widths[c] == 0) continue;
    widths[c] = std::max(widths[c], display_width(columns_[c].title));
    shown.push_back(c);
  }
  if (shown.empty()) return {};
  std::size_t total = gap.size() * (shown.size() - 1);
  for (const std::size_t c : shown) total += widths[c];
  while (width != 0 && total > width) {
    // The widest that may shrink gives one column, again and again: long cells lose first.
    std::size_t* widest = nullptr;
    for (const std::size_t c : shown)
      if (columns_[c].shrinks && widths[c] > narrowest && (widest == nullptr || widths[c] > *widest))
        widest = &widths[c];
    if (widest == nullptr) break;
    --*widest;
    --total;
  }

  std::string out;
  const auto line = [&](auto cell) {
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const std::size_t c = shown[i];
      const std::string text = elide(cell(c), widths[c]);
      const std::string pad(widths[c] - std::min(widths[c], display_width(text)), ' ');
      if (i != 0) out += gap;
      if (columns_[c].align == Align::right) out += pad;
      out += text;
      if (columns_[c].align == Align::left && i + 1 != shown.size()) out += pad;
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
  };
  if (colour) out += "\033[1m";
  line([&](std::size_t c) { return std::string_view(columns_[c].title); });
  out += colour ? "\033[0m\n" : "\n";
  for (const auto& row : rows_) {
    line([&](std::size_t c) { return std::string_view(row[c]); });
    out += '\n';
  }
  return out;
}

}  // namespace sonde::core::cli
