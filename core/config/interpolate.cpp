// A scanner over one scalar at a time. Defaults and paths may hold further ${...}, a few levels deep; what a variable
// or a file brings in is not looked at again.
#include "config/interpolate.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/env_file.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_nesting = 8;
constexpr std::size_t max_file = 64u << 10;
constexpr std::size_t max_total = 16u << 20;
constexpr std::string_view forms = "write ${VAR}, ${VAR:-default}, ${VAR:?why} or ${file:PATH}; $$ is a dollar sign";

class Interpolator {
 public:
  Interpolator(const InterpolationContext& context, Diagnostics& out) : context_(context), out_(out) {}

  void walk(Value& v) {
    if (const std::string* text = v.text(); text != nullptr && text->find('$') != std::string::npos) replace(v, *text);
    if (Value::Array* list = v.array()) {
      for (Value& entry : *list) walk(entry);
    }
    if (Value::Object* members = v.object()) {
      for (auto& member : *members) walk(member.value);
    }
  }

 private:
  void replace(Value& v, std::string_view text) {
    where_ = &v.where;
    expressions_ = 0;
    from_outside_ = unset_ = failed_ = false;
    std::string result = expand(text, 0);
    total_ += result.size();
    if (total_ > max_total && !failed_) {
      fail("config-too-large", {}, "the values brought in by ${...} grow too large here");
    }
    Value replaced(failed_ || unset_ ? std::string() : std::move(result));
    replaced.where = v.where;
    replaced.quoted = v.quoted && expressions_ == 0;
    replaced.untyped = expressions_ != 0 || failed_;
    replaced.unknown = unset_;
    replaced.origin = from_outside_ ? Origin::environment : v.origin;
    v = std::move(replaced);
  }

  std::string expand(std::string_view text, std::size_t depth) {
    std::string result;
    for (std::size_t i = 0; i < text.size() && !failed_;) {
      if (text[i] != '$' || i + 1 == text.size()) {
        result += text[i++];
      } else if (text[i + 1] == '$') {
        result += '$';
        i += 2;
      } else if (text[i + 1] == '{') {
        const auto end = closing_brace(text, i + 2);
        const std::string_view whole = text.substr(i);
        if (!end) {
          fail("bad-interpolation", whole, fmt::format("'{}' has no closing brace", printable(whole)));
          break;
        }
        ++expressions_;
        result += expression(text.substr(i + 2, *end - i - 2), whole.substr(0, *end + 1 - i), depth);
        if (result.size() > max_total) fail("config-too-large", whole, "the value grows too large");
        i = *end + 1;
      } else {
        result += text[i++];
      }
    }
    return result;
  }

  static std::optional<std::size_t> closing_brace(std::string_view text, std::size_t at) {
    std::size_t open = 1;
    for (; at < text.size(); ++at) {
      if (text[at] == '$' && at + 1 < text.size() && (text[at + 1] == '{' || text[at + 1] == '$')) {
        if (text[++at] == '{') ++open;
      } else if (text[at] == '}' && --open == 0) {
        return at;
      }
    }
    return std::nullopt;
  }

  /// `inside` the braces; `whole` with them, for messages.
  std::string expression(std::string_view inside, std::string_view whole, std::size_t depth) {
    if (depth >= max_nesting) return fail("bad-interpolation", whole, "${...} stands inside ${...} too often");
    const auto colon = inside.find(':');
    const std::string_view name = inside.substr(0, colon);
    const std::string_view rest = colon == std::string_view::npos ? std::string_view{} : inside.substr(colon + 1);
    if (name == "file" && colon != std::string_view::npos) return file(expand(rest, depth + 1), whole);
    const bool form = colon == std::string_view::npos || rest.starts_with('-') || rest.starts_with('?');
    if (!is_variable_name(name) || !form) {
      return fail("bad-interpolation", whole, fmt::format("'{}' cannot be understood", printable(whole)));
    }
    const auto found = context_.environment.find(std::string(name));
    const bool set = found != context_.environment.end();
    if (set && (rest.empty() || !found->second.empty())) {
      if (!is_text(found->second)) {
        return fail("bad-interpolation", whole, fmt::format("the variable {} is not UTF-8 text", name));
      }
      from_outside_ = true;
      return found->second;
    }
    if (rest.starts_with('-')) return expand(rest.substr(1), depth + 1);
    if (context_.allow_unset) {
      unset_ = true;
      return {};
    }
    const std::string_view state = set ? "empty" : "not set";
    if (rest.starts_with('?')) {
      const std::string why = expand(rest.substr(1), depth + 1);
      return fail("unset-variable", whole, fmt::format("the variable {} is {}: {}", name, state, printable(why)),
                  fmt::format("set {} in the environment or in .env", name));
    }
    return fail("unset-variable", whole, fmt::format("the variable {} is {}", name, state),
                fmt::format("set {0} in the environment or in .env, or write ${{{0}:-default}}", name));
  }

  std::string file(const std::string& named, std::string_view whole) {
    if (failed_ || unset_) return {};
    if (named.empty()) return fail("bad-interpolation", whole, "${file:} names no file");
    const bool relative = named.front() != '/' && !context_.directory.empty();
    const auto content = read_file(relative ? context_.directory + "/" + named : named, max_file);
    if (!content) return fail(content.error().id, whole, content.error().text, "the path is relative to this file");
    if (!is_text(*content)) {
      return fail("bad-interpolation", whole, fmt::format("{} is not UTF-8 text", printable(named)));
    }
    from_outside_ = true;
    // As $(...) of a shell: the line end that editors add is none of the value.
    const auto end = content->find_last_not_of("\r\n");
    return end == std::string::npos ? std::string() : content->substr(0, end + 1);
  }

  static bool is_text(const std::string& text) { return text.find('\0') == std::string::npos && is_valid_utf8(text); }

  std::string fail(std::string_view id, std::string_view expression_text, std::string text, std::string hint = {}) {
    if (!failed_) {
      if (hint.empty() && id == "bad-interpolation") hint = forms;
      out_.error(id, place_of(expression_text), std::move(text), std::move(hint));
    }
    failed_ = true;
    return {};
  }

  /// Where the expression stands on its line, when it stands there as written (it may be behind an escape).
  SourceSpan place_of(std::string_view expression_text) const {
    SourceSpan where = *where_;
    if (where.line == 0 || expression_text.empty()) return where;
    std::size_t begin = 0;
    for (uint32_t line = 1; line < where.line; ++line) {
      const auto next = context_.source.find('\n', begin);
      if (next == std::string_view::npos) return where;
      begin = next + 1;
    }
    const std::string_view line = context_.source.substr(begin, context_.source.find('\n', begin) - begin);
    const auto column = line.find(expression_text, where.column - 1);
    if (column == std::string_view::npos) return where;
    where.column = static_cast<uint32_t>(column + 1);
    where.length = static_cast<uint32_t>(expression_text.size());
    return where;
  }

  const InterpolationContext& context_;
  Diagnostics& out_;
  const SourceSpan* where_ = nullptr;
  std::size_t expressions_ = 0, total_ = 0;
  bool from_outside_ = false, unset_ = false, failed_ = false;
};

}  // namespace

void interpolate(Value& tree, const InterpolationContext& context, Diagnostics& out) {
  Interpolator(context, out).walk(tree);
}

}  // namespace sonde::core
