// How a diagnostic looks: place, id and text; then the line of the file with a caret under it.
#include "base/diagnostic.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t shown_before = 100;  // bytes of a long line left of the caret
constexpr std::size_t shown_after = 100;

struct Paint {
  std::string_view bold, red, yellow, green, plain;
};
constexpr Paint no_paint{"", "", "", "", ""};
constexpr Paint ansi{"\033[1m", "\033[1;31m", "\033[1;33m", "\033[1;32m", "\033[0m"};

/// One line of a regular file. Pipes and devices are not opened: they cannot be read a second time.
std::optional<std::string> line_of_file(const std::string& path, uint32_t wanted) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  struct stat info {};
  std::optional<std::string> line;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
    std::array<char, 65536> block;
    uint32_t number = 1;
    std::string found;
    bool ended = false;
    ssize_t got = 0;
    while (!ended && (got = ::read(fd, block.data(), block.size())) > 0) {
      for (const char c : std::string_view(block.data(), static_cast<std::size_t>(got))) {
        if (c == '\n' && number++ == wanted) {
          ended = true;
          break;
        }
        if (number == wanted && c != '\n') found.push_back(c);
      }
    }
    if (number >= wanted) line = std::move(found);
  }
  ::close(fd);
  if (line && !line->empty() && line->back() == '\r') line->pop_back();
  return line;
}

/// For the terminal, with tabs as single blanks, so that a caret can be placed.
std::string shown(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '\t', ' ');
  return printable(spaced);
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

void append_source(std::string& out, const Diagnostic& d, const std::string& line, const Paint& paint) {
  const std::size_t caret = std::min<std::size_t>(d.where.column > 0 ? d.where.column - 1 : 0, line.size());
  std::size_t from = caret > shown_before ? caret - shown_before : 0;
  while (inside_character(line, from)) ++from;
  std::size_t to = std::min(line.size(), caret + shown_after);
  while (inside_character(line, to)) ++to;

  const std::string_view view(line);
  const std::string before = (from > 0 ? "..." : "") + shown(view.substr(from, caret - from));
  const std::string after = shown(view.substr(caret, to - caret)) + (to < line.size() ? "..." : "");
  const std::string number = std::to_string(d.where.line);
  const std::string gutter(number.size() < 5 ? 5 - number.size() : 0, ' ');
  out += gutter + number + " | " + before + after + "\n";

  const std::size_t marked = std::min<std::size_t>(std::max<uint32_t>(d.where.length, 1), to - caret);
  const std::size_t width = std::max<std::size_t>(columns(shown(view.substr(caret, marked))), 1);
  out += std::string(std::max<std::size_t>(number.size(), 5), ' ') + " | " + std::string(columns(before), ' ');
  out += paint.green;
  out += '^' + std::string(width - 1, '~');
  out += paint.plain;
  if (!d.hint.empty()) out += ' ' + printable(d.hint);
  out += '\n';
}

int gravity(Exit e) {
  switch (e) {
    case Exit::permission:
      return 5;
    case Exit::output:
      return 4;
    case Exit::config:
      return 3;
    case Exit::usage:
      return 2;
    case Exit::trouble:
      return 1;
    case Exit::ok:
      return 0;
  }
  return 0;
}

}  // namespace

std::string render(const Diagnostic& d, bool colour) {
  const Paint& paint = colour ? ansi : no_paint;
  std::string out;
  if (!d.where.file.empty()) {
    out += paint.bold;
    out += printable(d.where.file);
    if (d.where.line > 0) out += ':' + std::to_string(d.where.line);
    if (d.where.line > 0 && d.where.column > 0) out += ':' + std::to_string(d.where.column);
    out += ": ";
    out += paint.plain;
  }
  const bool is_error = d.severity == Severity::error;
  out += is_error ? paint.red : paint.yellow;
  out += (is_error ? "error[" : "warning[") + d.id + "]";
  out += paint.plain;
  out += ": " + printable(d.text) + '\n';

  if (!d.where.file.empty() && d.where.line > 0) {
    if (const auto line = line_of_file(d.where.file, d.where.line)) {
      append_source(out, d, *line, paint);
      return out;
    }
  }
  if (!d.hint.empty()) out += "      " + printable(d.hint) + '\n';
  return out;
}

void Diagnostics::add(Diagnostic d) {
  const std::vector<Diagnostic> also = std::exchange(d.also, {});
  if (d.severity == Severity::error) ++errors_;
  items_.push_back(std::move(d));
  for (const Diagnostic& other : also) add(other);
}

void Diagnostics::error(std::string_view id, SourceSpan where, std::string text, std::string hint) {
  add({std::string(id), std::move(text), std::move(hint), std::move(where), Severity::error});
}

void Diagnostics::warning(std::string_view id, SourceSpan where, std::string text, std::string hint) {
  add({std::string(id), std::move(text), std::move(hint), std::move(where), Severity::warning});
}

std::string Diagnostics::render_sorted(bool colour, std::size_t cap) const {
  std::vector<const Diagnostic*> order;
  order.reserve(items_.size());
  for (const auto& d : items_) order.push_back(&d);
  std::stable_sort(order.begin(), order.end(), [](const Diagnostic* a, const Diagnostic* b) {
    return std::tie(a->where.file, a->where.line, a->where.column) <
           std::tie(b->where.file, b->where.line, b->where.column);
  });
  std::string out;
  std::size_t errors = 0, warnings = 0;
  for (const Diagnostic* d : order) {
    std::size_t& seen = d->severity == Severity::error ? errors : warnings;
    if (++seen <= cap) out += render(*d, colour);
  }
  if (errors > cap) out += counted(errors - cap, "more error") + " not shown: correct these first, then check again\n";
  if (warnings > cap) out += counted(warnings - cap, "more warning") + " not shown\n";
  return out;
}

Exit Diagnostics::exit_code() const {
  Exit gravest = Exit::ok;
  for (const auto& d : items_) {
    if (d.severity != Severity::error) continue;
    const Exit e = message(d.id).exit;
    if (gravity(e) > gravity(gravest)) gravest = e;
  }
  // An error whose row says "ok" (the row of a warning) still must not end in success.
  return errors_ != 0 && gravest == Exit::ok ? Exit::trouble : gravest;
}

}  // namespace sonde::core
