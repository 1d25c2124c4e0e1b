// Lines, places and the checks on bytes.
#include "config/source_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sonde::core {
namespace {

/// Where the first byte stands that belongs to no character.
std::size_t first_invalid(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size()) {
    std::size_t length = 1;
    while (length <= 4 && !is_valid_utf8(line.substr(at, length))) ++length;
    if (length > 4) return at;
    at += length;
  }
  return at;
}

}  // namespace

SourceText::SourceText(std::string_view text, const std::string& file) : text_(text), file_(file), starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view SourceText::line(std::size_t index) const {
  if (index >= starts_.size()) return {};
  const std::size_t begin = starts_[index];
  const bool ended = index + 1 < starts_.size();
  std::size_t end = ended ? starts_[index + 1] - 1 : text_.size();
  if (ended && end > begin && text_[end - 1] == '\r') --end;
  return text_.substr(begin, end - begin);
}

std::string_view SourceText::rest(const Mark& mark) const {
  const std::string_view whole = line(mark.line);
  return whole.substr(std::min(mark.column, whole.size()));
}

SourceSpan SourceText::at(const Mark& mark, std::size_t length) const {
  if (mark.line >= lines()) return {file_, static_cast<uint32_t>(lines()), 1, 1};
  return {file_, static_cast<uint32_t>(mark.line + 1), static_cast<uint32_t>(mark.column + 1),
          static_cast<uint32_t>(length)};
}

std::size_t SourceText::length_of(const Mark& mark, std::string_view value) const {
  const std::string_view written = rest(mark);
  if (written.starts_with(value)) return value.size();
  if (!written.starts_with('"') && !written.starts_with('\'')) return 1;
  const char quote = written.front();
  for (std::size_t i = 1; i < written.size(); ++i) {
    if (quote == '"' && written[i] == '\\') {
      ++i;
    } else if (written[i] == quote) {
      return i + 1;
    }
  }
  return 1;
}

bool check_characters(const SourceText& source, Diagnostics& out) {
  for (std::size_t index = 0; index < source.lines(); ++index) {
    const std::string_view line = source.line(index);
    const auto control = std::find_if(line.begin(), line.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
    if (control != line.end() && *control == '\r') {
      // To YAML and some editors it ends a line, to the parser it does not: a comment would go on over the keys behind.
      out.error("yaml-syntax", source.at({index, static_cast<std::size_t>(control - line.begin())}),
                "a carriage return (0x0d) without a line feed stands here", "save the file with line ends LF or CR LF");
      return false;
    }
    if (control != line.end()) {
      out.error("yaml-syntax", source.at({index, static_cast<std::size_t>(control - line.begin())}),
                fmt::format("a control character (0x{:02x}) stands here", static_cast<unsigned char>(*control)),
                "save the file as plain UTF-8 text");
      return false;
    }
    if (!is_valid_utf8(line)) {
      out.error("yaml-syntax", source.at({index, first_invalid(line)}), "this is not UTF-8 text",
                "save the file as UTF-8");
      return false;
    }
  }
  return true;
}

std::optional<std::string> without_harmless_tabs(const SourceText& source, Diagnostics& out) {
  std::string text(source.text());
  std::optional<SourceSpan> first;
  std::size_t more = 0;
  for (std::size_t index = 0; index < source.lines(); ++index) {
    const std::string_view line = source.line(index);
    const std::size_t content = std::min(line.find_first_not_of(" \t"), line.size());
    if (content == line.size() || line[content] == '#') {
      const auto begin = text.begin() + (line.data() - source.text().data());
      std::replace(begin, begin + static_cast<std::ptrdiff_t>(content), '\t', ' ');
      continue;
    }
    const std::size_t tab = line.substr(0, content).find('\t');
    if (tab == std::string_view::npos) continue;
    if (first) {
      ++more;
    } else {
      first = source.at({index, tab});
    }
  }
  if (!first) return text;
  out.error("yaml-syntax", *first,
            more == 0 ? std::string("a tab indents this line; YAML takes blanks only")
                      : fmt::format("a tab indents this line, and {} more; YAML takes blanks only", more),
            "replace each tab by two blanks");
  return std::nullopt;
}

}  // namespace sonde::core
