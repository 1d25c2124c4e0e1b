// A walk over the characters that knows of YAML where brackets and quotes mean something: where a value begins.
#include "config/unclosed.hpp"

#include <algorithm>
#include <vector>

namespace sonde::core {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Behind the tag or the anchor at `begin`. A quote ends a tag, as the parser has it, and belongs to an anchor's name.
std::size_t end_of_property(std::string_view text, std::size_t begin) {
  constexpr std::string_view of_tag =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-#;/?:@&=+$_.~*'()%!";
  const bool verbatim = text.substr(begin, 2) == "!<";
  std::size_t end = text.size();
  if (verbatim)
    end = text.find_first_of(">\n", begin);
  else if (text[begin] == '!')
    end = text.find_first_not_of(of_tag, begin);
  else
    end = text.find_first_of(" \t\r\n[]{},", begin);
  if (end == std::string_view::npos) return text.size();
  return verbatim && text[end] == '>' ? end + 1 : end;
}

/// Where the node begins whose tags and anchors, if it has some, begin at a place.
struct NodeBegin {
  std::size_t at;    ///< what is tagged
  std::size_t line;  ///< the first of it on that line: `at`, or a tag or an anchor before it
};

NodeBegin behind_properties(std::string_view text, std::size_t at) {
  NodeBegin begin{at, at};
  while (begin.at < text.size() && (text[begin.at] == '!' || text[begin.at] == '&')) {
    bool broken = false;
    for (at = end_of_property(text, begin.at); at < text.size() && (is_space(text[at]) || text[at] == '#'); ++at) {
      if (text[at] == '#') at = std::min(text.find('\n', at), text.size() - 1);
      broken = broken || text[at] == '\n';
    }
    begin = {at, broken ? at : begin.line};
  }
  return begin;
}

std::size_t column_at(std::string_view text, std::size_t at) {
  const std::size_t feed = text.substr(0, at).rfind('\n');
  return feed == std::string_view::npos ? at : at - feed - 1;
}

Mark mark_at(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  return {static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')), column_at(text, at)};
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

/// The first line of those that begin within the quoted text, blank ones aside, that is not indented deeper than
/// `column`, or npos.
std::size_t line_outside_of(std::string_view quoted, std::size_t column) {
  for (std::size_t feed = quoted.find('\n'); feed != std::string_view::npos; feed = quoted.find('\n', feed + 1)) {
    const std::size_t content = quoted.find_first_not_of(' ', feed + 1);
    const std::size_t seen = quoted.find_first_not_of(" \t\r", feed + 1);
    if (quoted[seen] != '\n' && content - feed - 1 <= column) return feed + 1;
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
    } else if (begins_ && (c == '!' || c == '&')) {
      at_ = end_of_property(text_, at_);
      return;
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
    if ((c == '!' || c == '&') && begins_) {
      at_ = end_of_property(text_, at_);
      return;
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
  return mark_at(text, at);
}

std::size_t column_of_block(const SourceText& source, const Mark& begin) {
  const std::string_view rest = source.rest(begin);
  if (rest.empty()) return 0;
  const auto at = static_cast<std::size_t>(rest.data() - source.text().data());
  return column_at(source.text(), behind_properties(source.text(), at).line);
}

std::optional<OpenQuote> find_unclosed_quote(const SourceText& source, const Mark& scalar,
                                             std::optional<std::size_t> block) {
  const std::string_view text = source.text(), rest = source.rest(scalar);
  if (rest.empty()) return std::nullopt;
  const std::size_t begin = behind_properties(text, static_cast<std::size_t>(rest.data() - text.data())).at;
  if (begin == text.size() || (text[begin] != '"' && text[begin] != '\'')) return std::nullopt;
  const std::size_t end = end_of_quoted(text, begin);
  if (end == std::string_view::npos) return OpenQuote{mark_at(text, begin), std::nullopt};
  if (!block) return std::nullopt;
  const std::size_t outside = line_outside_of(text.substr(begin, end - begin), *block);
  if (outside == std::string_view::npos) return std::nullopt;
  return OpenQuote{mark_at(text, begin), mark_at(text, begin + outside).line};
}

}  // namespace sonde::core
