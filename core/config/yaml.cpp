// yaml-cpp's events built into Values. Events rather than its node tree: they carry exact marks, show duplicate keys,
// and let depth and alias expansion be bounded before anything is built.
#include "config/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "base/text.hpp"
#include "config/scalar.hpp"
#include "config/source_text.hpp"
#include "config/unclosed.hpp"

namespace sonde::core {
namespace {

Mark here(const YAML::Mark& mark) {
  if (mark.is_null() || mark.line < 0 || mark.column < 0) return {};
  return {static_cast<std::size_t>(mark.line), static_cast<std::size_t>(mark.column)};
}

void tell_unclosed(const SourceText& source, const Mark& mark, Diagnostics& out) {
  const char open = source.rest(mark).front();
  const char close = open == '[' ? ']' : open == '{' ? '}' : open;
  out.error("yaml-syntax", source.at(mark), fmt::format("this {} is not closed", open),
            fmt::format("write {} where it ends", close));
}

void tell_unclosed(const SourceText& source, const OpenQuote& quote, std::optional<std::size_t> block,
                   Diagnostics& out) {
  if (!quote.line) {
    tell_unclosed(source, quote.at, out);
    return;
  }
  const char open = source.rest(quote.at).front();
  out.error("yaml-syntax", source.at(quote.at),
            fmt::format("this {} is not closed before line {}, which is not indented as a line of its text", open,
                        *quote.line + 1),
            fmt::format("write {} where the text ends, or indent its lines by {} or more", open,
                        counted(block.value_or(0) + 1, "blank")));
}

/// Parsers stop far behind what is not closed. False: all is.
bool tell_unclosed(const SourceText& source, Diagnostics& out) {
  const auto mark = find_unclosed(source);
  if (mark) tell_unclosed(source, *mark, out);
  return mark.has_value();
}

/// Thrown through yaml-cpp to end the parse after the reason has been reported; never leaves this file.
struct Stop {};

class Builder : public YAML::EventHandler {
 public:
  Builder(const SourceText& source, const YamlLimits& limits, Diagnostics& out)
      : source_(source), limits_(limits), out_(out) {}

  Value take() { return std::move(root_); }
  bool empty() const { return !seen_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ != 0) {
      stop("yaml-syntax", source_.at(here(mark), 3), "a second YAML document begins here; a pipeline file is one",
           "remove the line `---`, or make two files");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) stop("yaml-syntax", source_.at(here(mark)), "a key is missing in front of ':'");
    Value value;
    value.where = source_.at(here(mark));
    // A value that is not there at all is told where its key is.
    const bool written =
        source_.rest(here(mark)).starts_with('~') || type_plain_scalar(source_.rest(here(mark)).substr(0, 4)).is_null();
    if (!written && !stack_.empty() && stack_.back().value.object()) value.where = stack_.back().key_where;
    place(std::move(value), anchor, {1, 0, 0});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const SourceSpan where = source_.at(here(mark), source_.length_of(here(mark), text));
    const bool plain = tag == "?";
    if (!plain) {
      const auto block = innermost_block();
      if (const auto quote = find_unclosed_quote(source_, here(mark), block)) {
        tell_unclosed(source_, *quote, block, out_);
        throw Stop{};
      }
    }
    if (expects_key()) {
      begin_member(text, where);
      return;
    }
    if (!plain) refuse_tag(tag, where);
    Value value = plain ? type_plain_scalar(text) : Value(text);
    value.quoted = !plain;
    value.where = where;
    place(std::move(value), anchor, {1, text.size(), 0});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const SourceSpan where = source_.at(here(mark));
    if (expects_key()) stop("yaml-syntax", where, "an alias cannot be a key", "write the key as a word");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop("yaml-syntax", where, "an alias stands inside what it stands for");
    if (stack_.size() + found->second.size.depth > limits_.depth) too_deep(where);
    place(found->second.value, 0, found->second.size);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, Value(Value::Array{}));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, Value(Value::Object{}));
  }
  void OnMapEnd() override { close(); }

 private:
  /// What a part of the tree costs, once its aliases are expanded.
  struct Size {
    std::size_t nodes, bytes, depth;
  };
  struct Frame {
    Value value;
    YAML::anchor_t anchor = 0;
    Size size{1, 0, 1};
    std::optional<std::size_t> block{};  // the column of one that is not in brackets
    bool has_key = false, drop = false;
    std::string key{};
    SourceSpan key_where{};
    std::map<std::string, uint32_t> lines{};  // of the keys seen
  };
  struct Anchored {
    Value value;
    Size size;
  };

  [[noreturn]] void stop(std::string_view id, SourceSpan where, std::string text, std::string hint = {}) {
    out_.error(id, std::move(where), std::move(text), std::move(hint));
    throw Stop{};
  }
  [[noreturn]] void too_deep(SourceSpan where) {
    stop("config-too-large", std::move(where), fmt::format("nested deeper than {} levels", limits_.depth));
  }
  void refuse_tag(const std::string& tag, const SourceSpan& where) {
    if (tag.empty() || tag == "!" || tag == "?" || tag == "tag:yaml.org,2002:str") return;
    stop("yaml-syntax", where, fmt::format("YAML tags such as '{}' are not read here", printable(tag)),
         "remove the tag; write text in quotes");
  }
  /// The column of the innermost collection that is not in brackets: what is in it is indented deeper.
  std::optional<std::size_t> innermost_block() const {
    const auto frame = std::find_if(stack_.rbegin(), stack_.rend(), [](const Frame& f) { return f.block.has_value(); });
    return frame == stack_.rend() ? std::nullopt : frame->block;
  }
  bool expects_key() const { return !stack_.empty() && stack_.back().value.object() && !stack_.back().has_key; }

  void begin_member(const std::string& key, const SourceSpan& where) {
    Frame& frame = stack_.back();
    const auto [first, fresh] = frame.lines.emplace(key, where.line);
    if (!fresh) {
      out_.error("duplicate-key", where, fmt::format("the key '{}' is written twice in one mapping", printable(key)),
                 fmt::format("the first one is on line {}", first->second));
    }
    frame.has_key = true;
    frame.drop = !fresh;
    frame.key = key;
    frame.key_where = where;
    count(1, key.size(), where);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style,
            Value value) {
    const SourceSpan where = source_.at(here(mark));
    if (expects_key()) {
      if (tell_unclosed(source_, out_)) throw Stop{};
      // {${VAR}} and an unquoted "{" are the usual ways to get here.
      stop("yaml-syntax", where, "a list or a mapping cannot be a key",
           "a value with [ ] { } in it, such as ${VAR} inside a flow list, goes in quotes");
    }
    refuse_tag(tag, where);
    if (stack_.size() >= limits_.depth) too_deep(where);
    value.where = where;
    stack_.push_back(Frame{.value = std::move(value), .anchor = anchor});
    if (style == YAML::EmitterStyle::Block) stack_.back().block = column_of_block(source_, here(mark));
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    count(1, 0, frame.value.where);  // what is in it was counted when it came
    keep(frame.value, frame.anchor, frame.size);
    attach(std::move(frame.value), frame.size);
  }

  void place(Value value, YAML::anchor_t anchor, Size size) {
    count(size.nodes, size.bytes, value.where);
    keep(value, anchor, size);
    attach(std::move(value), size);
  }
  void keep(const Value& value, YAML::anchor_t anchor, Size size) {
    if (anchor == 0) return;
    count(size.nodes, size.bytes, value.where);
    anchors_.insert_or_assign(anchor, Anchored{value, size});
  }
  void count(std::size_t nodes, std::size_t bytes, const SourceSpan& where) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > limits_.nodes || bytes_ > limits_.expanded_bytes) {
      stop("config-too-large", where, "the file grows too large here, aliases (*name) counted as what they stand for",
           "move long lists into an @file");
    }
  }
  void attach(Value value, Size size) {
    if (stack_.empty()) {
      seen_ = true;
      root_ = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    frame.size.nodes += size.nodes;
    frame.size.bytes += size.bytes;
    frame.size.depth = std::max(frame.size.depth, size.depth + 1);
    if (Value::Array* array = frame.value.array()) {
      array->push_back(std::move(value));
      return;
    }
    if (!frame.drop) {
      frame.size.bytes += frame.key.size();
      frame.value.object()->push_back({std::move(frame.key), std::move(frame.key_where), std::move(value)});
    }
    frame.has_key = false;
  }

  const SourceText& source_;
  const YamlLimits& limits_;
  Diagnostics& out_;
  Value root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0, bytes_ = 0, documents_ = 0;
  bool seen_ = false;
};

/// What people usually meant when yaml-cpp stops at a place.
std::string syntax_hint(const SourceText& source, const Mark& mark, std::string_view message) {
  const std::string_view rest = source.rest(mark);
  if (rest.starts_with('@')) return "a value that begins with @ goes in quotes: \"@hosts.txt\"";
  if (rest.starts_with('`') || rest.starts_with('%')) return "a value that begins with this character goes in quotes";
  const std::string_view line = source.line(mark.line);
  if (line.find("${") != std::string_view::npos) return "inside [ ] and { } a value with ${...} goes in quotes";
  if (message.find("flow not found") != std::string_view::npos)
    return "a comma is missing before this, or a value with ': ' in it goes in quotes";
  if (message.find("flow end") != std::string_view::npos)
    return "what this ] or } closes was opened by the other one, or not at all";
  if (line.find(": ") != line.rfind(": ")) return "a value with ': ' in it goes in quotes";
  return "check the indentation and the quotes of this line and the one before";
}

}  // namespace

std::optional<Value> parse_yaml(std::string_view text, const std::string& file, Diagnostics& out,
                                const YamlLimits& limits) {
  const SourceSpan whole{file, 0, 0, 0};
  if (text.size() > limits.bytes) {
    out.error("config-too-large", whole, fmt::format("the file has {} bytes; {} are read", text.size(), limits.bytes),
              "move long target lists into an @file");
    return std::nullopt;
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const SourceText source(text, file);
  if (!check_characters(source, out)) return std::nullopt;
  const auto readable = without_harmless_tabs(source, out);
  if (!readable) return std::nullopt;

  Builder builder(source, limits, out);
  try {
    std::istringstream stream(*readable);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return std::nullopt;
  } catch (const YAML::Exception& e) {
    if (tell_unclosed(source, out)) return std::nullopt;
    out.error("yaml-syntax", source.at(here(e.mark)), fmt::format("not valid YAML: {}", printable(e.msg)),
              syntax_hint(source, here(e.mark), e.msg));
    return std::nullopt;
  } catch (const std::exception& e) {
    out.error("yaml-syntax", whole, fmt::format("not valid YAML: {}", printable(e.what())));
    return std::nullopt;
  }
  if (builder.empty()) {
    out.error("yaml-syntax", whole, "the file is empty, or has only comments",
              "a pipeline file begins with `version: 1`; targets, stages and outputs follow");
    return std::nullopt;
  }
  return builder.take();
}

}  // namespace sonde::core
