// A walk over the characters that knows of YAML where brackets and quotes mean something: where a value begins.
#include "config/unclosed.hpp"

#include <algorithm>
#include <vector>

namespace sonde::core {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Behind the quote that closes the one at `begin`, or npos.
std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return at + 1;
      ++at;  // '' is one ' within the text
    }
  }
  return std::string_view::npos;
}

class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  /// Where it is, or npos.
  std::size_t find() {
    while (at_ < text_.size() && unclosed_ == std::string_view::npos) {
      if (text_[at_] == '#' && (at_ == 0 || is_space(text_[at_ - 1])))
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (open_.empty())
        step_outside();
      else
        step_inside();
    }
    if (unclosed_ == std::string_view::npos && !open_.empty()) unclosed_ = open_.back();
    return unclosed_;
  }

 private:
  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\n'; }

  /// Outside of brackets, one within a word is a character like others.
  void step_outside() {
    const char c = text_[at_];
    if (c == '\n') {
      line_ = at_ + 1;
      begins_ = true;
    } else if (begins_ && (c == '[' || c == '{')) {
      open_.push_back(at_);
    } else if (begins_ && (c == '"' || c == '\'')) {
      begins_ = false;
      return pass_quoted();
    } else if (begins_ && (c == '|' || c == '>')) {
      return pass_block();
    } else if (!is_space(c)) {
      const bool indicator = (c == ':' || (begins_ && (c == '-' || c == '?'))) && is_space(at(at_ + 1));
      begins_ = indicator;
    }
    ++at_;
  }

  void step_inside() {
    const char c = text_[at_];
    if ((c == '"' || c == '\'') && begins_) {
      begins_ = false;
      return pass_quoted();
    }
    if (c == '[' || c == '{') {
      open_.push_back(at_);
      begins_ = true;
    } else if (c == ']' || c == '}') {
      if (text_[open_.back()] != (c == ']' ? '[' : '{')) {
        unclosed_ = open_.back();
        return;
      }
      open_.pop_back();
      begins_ = false;
    } else if (!is_space(c)) {
      begins_ = c == ',' || c == ':';
    }
    ++at_;
  }

  void pass_quoted() {
    const std::size_t end = end_of_quoted(text_, at_);
    if (end == std::string_view::npos) unclosed_ = at_;
    at_ = std::min(end, text_.size());
  }

  /// The lines of a block of text are indented more than the one that begins it.
  void pass_block() {
    const auto indent_of = [&](std::size_t line) { return text_.find_first_not_of(' ', line) - line; };
    const std::size_t indent = indent_of(line_);
    for (at_ = std::min(text_.find('\n', at_), text_.size()); at_ < text_.size();) {
      const std::size_t next = at_ + 1;
      if (indent_of(next) <= indent && !is_space(at(next + indent_of(next)))) return;
      at_ = std::min(text_.find('\n', next), text_.size());
    }
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 0, unclosed_ = std::string_view::npos;
  std::vector<std::size_t> open_;
  bool begins_ = true;  ///< a value may begin here
};

}  // namespace

std::optional<Mark> find_unclosed(const SourceText& source) {
  const std::string_view text = source.text();
  const std::size_t at = Walk(text).find();
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = text.substr(0, at);
  const std::size_t line = before.rfind('\n');
  return Mark{static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
              line == std::string_view::npos ? at : at - line - 1};
}

std::optional<Mark> find_unclosed_quote(const SourceText& source, const Mark& scalar) {
  const std::string_view line = source.rest(scalar);
  std::size_t at = 0;
  while (at < line.size() && (line[at] == '!' || line[at] == '&')) {
    while (at < line.size() && !is_space(line[at])) ++at;
    while (at < line.size() && is_space(line[at])) ++at;
  }
  if (at == line.size() || (line[at] != '"' && line[at] != '\'')) return std::nullopt;
  const auto begin = static_cast<std::size_t>(line.data() - source.text().data()) + at;
  if (end_of_quoted(source.text(), begin) != std::string_view::npos) return std::nullopt;
  return Mark{scalar.line, scalar.column + at};
}

}  // namespace sonde::core
