// JSON in and out of Value. Reading goes through nlohmann's event parser, which neither recurses nor builds a second
// tree; writing is done here, so that hostile text is replaced and never thrown about.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/plain_json.hpp"
#include "base/text.hpp"
#include "base/value.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_bytes = 64u << 20;

class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Value take() { return std::move(root_); }
  const std::string& problem() const { return problem_; }
  std::size_t position() const { return position_; }

  bool null() override { return place(Value()); }
  bool boolean(bool b) override { return place(Value(b)); }
  bool number_integer(number_integer_t i) override { return place(Value(static_cast<int64_t>(i))); }
  bool number_unsigned(number_unsigned_t u) override {
    // One kind for one number: what fits the signed type is signed, however it was written.
    if (u <= static_cast<uint64_t>(INT64_MAX)) return place(Value(static_cast<int64_t>(u)));
    return place(Value(static_cast<uint64_t>(u)));
  }
  bool number_float(number_float_t d, const string_t&) override { return place(Value(d)); }
  bool string(string_t& s) override { return place(Value(std::move(s))); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return open(Value(Value::Object{})); }
  bool key(string_t& k) override {
    keys_.back() = std::move(k);
    return true;
  }
  bool end_object() override {
    std::vector<std::string_view> names;
    names.reserve(open_.back().object()->size());
    for (const auto& member : *open_.back().object()) names.push_back(member.key);
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) return refuse("the key '" + std::string(twice->substr(0, 100)) + "' is there twice");
    return close();
  }
  bool start_array(std::size_t) override { return open(Value(Value::Array{})); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception& e) override {
    position_ = at;
    problem_ = e.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...": the place is told by us.
    if (const auto colon = problem_.find(": "); problem_.rfind("[json.exception", 0) == 0 && colon != std::string::npos)
      problem_.erase(0, colon + 2);
    return false;
  }

 private:
  bool refuse(std::string why) {
    problem_ = std::move(why);
    return false;
  }
  bool place(Value v) {
    if (open_.empty()) {
      root_ = std::move(v);
    } else if (Value::Array* items = open_.back().array()) {
      items->push_back(std::move(v));
    } else {
      open_.back().object()->push_back({std::move(keys_.back()), {}, std::move(v)});
    }
    return true;
  }
  bool open(Value container) {
    if (open_.size() >= max_depth) return refuse("nested deeper than " + std::to_string(max_depth) + " levels");
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Value done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return place(std::move(done));
  }

  Value root_;
  std::vector<Value> open_;
  std::vector<std::string> keys_;
  std::string problem_;
  std::size_t position_ = 0;
};

/// What Builder refuses, without a tree.
class Checker : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& k) override {
    keys_.push_back(std::move(k));
    return true;
  }
  bool end_object() override {
    const auto first = keys_.begin() + static_cast<std::ptrdiff_t>(begins_.back());
    std::sort(first, keys_.end());
    const bool twice = std::adjacent_find(first, keys_.end()) != keys_.end();
    keys_.erase(first, keys_.end());
    begins_.pop_back();
    return !twice;
  }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override {
    begins_.pop_back();
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  bool open() {
    if (begins_.size() >= max_depth) return false;
    begins_.push_back(keys_.size());
    return true;
  }
  std::vector<std::string> keys_;    // of all open objects
  std::vector<std::size_t> begins_;  // by open container: where its own begin
};

SourceSpan span_at(std::string_view text, std::size_t position, std::string_view name) {
  SourceSpan where;
  where.file = std::string(name);
  if (position == 0) return where;
  const std::string_view before = text.substr(0, std::min(position - 1, text.size()));
  where.line = static_cast<uint32_t>(1 + std::count(before.begin(), before.end(), '\n'));
  const auto line_start = before.rfind('\n');
  where.column = static_cast<uint32_t>(before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1);
  return where;
}

/// The letter behind the backslash, or 0: a code.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    default:
      return 0;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  const std::string clean = is_valid_utf8(text) ? std::string() : to_valid_utf8(text);
  if (!clean.empty()) text = clean;
  const auto plain = [](char c) { return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  out += '"';
  for (auto at = text.begin(); at != text.end();) {
    const auto run = std::find_if_not(at, text.end(), plain);
    out.append(at, run);
    at = run;
    if (at == text.end()) break;
    const char c = *at++;
    out += '\\';
    if (const char letter = short_escape(c)) {
      out += letter;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += "u00";
      out += hex[byte >> 4];
      out += hex[byte & 0xf];
    }
  }
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number n) {
  std::array<char, 40> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out.append(digits.data(), end);
}

void append_real(std::string& out, double d) {
  if (!std::isfinite(d)) {
    out += "null";
    return;
  }
  const std::size_t start = out.size();
  append_number(out, d);
  // A number that was real stays one when it is read again.
  if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

class Writer {
 public:
  Writer(std::string& out, int indent) : out_(out), indent_(indent) {}

  void write(const Value& v, int level) {
    switch (v.kind()) {
      case Value::Kind::null:
        out_ += "null";
        break;
      case Value::Kind::boolean:
        out_ += *v.boolean() ? "true" : "false";
        break;
      case Value::Kind::integer:
        append_number(out_, *v.integer());
        break;
      case Value::Kind::unsigned_integer:
        append_number(out_, *v.unsigned_integer());
        break;
      case Value::Kind::real:
        append_real(out_, *v.real());
        break;
      case Value::Kind::text:
        append_quoted(out_, *v.text());
        break;
      case Value::Kind::array: {
        list('[', ']', v.array()->size(), level, [&](std::size_t i) { write((*v.array())[i], level + 1); });
        break;
      }
      case Value::Kind::object: {
        list('{', '}', v.object()->size(), level, [&](std::size_t i) {
          const Value::Member& member = (*v.object())[i];
          append_quoted(out_, member.key);
          out_ += indent_ < 0 ? ":" : ": ";
          write(member.value, level + 1);
        });
        break;
      }
    }
  }

 private:
  void line(int level) {
    if (indent_ < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent_ * level), ' ');
  }
  template <class Item>
  void list(char first, char last, std::size_t count, int level, Item item) {
    out_ += first;
    for (std::size_t i = 0; i < count; ++i) {
      if (i != 0) out_ += ',';
      line(level + 1);
      item(i);
    }
    if (count != 0) line(level);
    out_ += last;
  }

  std::string& out_;
  int indent_;
};

}  // namespace

Result<Value> parse_json(std::string_view text, std::string_view name_for_messages) {
  if (text.size() > max_bytes)
    return failure("config-too-large", "JSON of more than " + std::to_string(max_bytes) + " bytes is not read", {},
                   span_at(text, 0, name_for_messages));
  // The parser takes it for the end of the text, whatever comes behind.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    return failure("json-syntax", "not valid JSON: a byte 0", {}, span_at(text, zero + 1, name_for_messages));
  Builder builder;
  try {
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  } catch (const std::exception& e) {
    return failure("json-syntax", std::string("not valid JSON: ") + e.what(), {}, span_at(text, 0, name_for_messages));
  }
  return failure("json-syntax", "not valid JSON: " + builder.problem(), {},
                 span_at(text, builder.position(), name_for_messages));
}

bool is_json(std::string_view text) {
  if (text.size() > max_bytes || text.find('\0') != std::string_view::npos) return false;
  if (is_plain_json(text)) return true;
  Checker checker;
  try {
    return nlohmann::json::sax_parse(text.begin(), text.end(), &checker);
  } catch (const std::exception&) {
    return false;
  }
}

std::string to_json(const Value& v, int indent) {
  std::string out;
  Writer(out, indent).write(v, 0);
  return out;
}

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

}  // namespace sonde::core
