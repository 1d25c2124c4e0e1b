#include "config/option_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "config/scalar.hpp"

namespace sonde::core {

std::string shortened(std::string_view text) {
  constexpr std::size_t shown_characters = 60;
  if (text.size() <= shown_characters) return printable(to_valid_utf8(text));
  return printable(to_valid_utf8(text.substr(0, shown_characters))) + "...";
}

std::string described(const Value& written) {
  // What a variable or --set brought in is text that may be meant as something else.
  const Value typed = written.untyped && written.text() != nullptr ? type_plain_scalar(*written.text()) : Value();
  const Value& v = typed.is_null() ? written : typed;
  switch (v.kind()) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::text:
      return v.text()->empty() ? "an empty text" : fmt::format("the text '{}'", shortened(*v.text()));
    case Value::Kind::array:
      return "a list";
    case Value::Kind::object:
      return "a mapping";
    case Value::Kind::boolean:
      return *v.boolean() ? "true" : "false";
    default:
      return "the number " + to_json(v);
  }
}

bool same_scalar(const Value& a, const Value& b) {
  if (a.text() && b.text()) return *a.text() == *b.text();
  if (a.boolean() && b.boolean()) return *a.boolean() == *b.boolean();
  return !a.text() && !b.text() && !a.boolean() && !b.boolean() && to_json(a) == to_json(b);
}

void carry_place(const Value& from, Value& to) {
  to.where = from.where;
  to.origin = from.origin;
  to.quoted = from.quoted;
}

Value split_text(const Value& v) {
  Value result{Value::Array{}};
  carry_place(v, result);
  std::string_view rest = *v.text();
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    std::string_view part = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    while (!part.empty() && (part.front() == ' ' || part.front() == '\n')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\n')) part.remove_suffix(1);
    if (part.empty()) continue;
    Value entry{std::string(part)};
    carry_place(v, entry);
    entry.untyped = true;
    result.array()->push_back(std::move(entry));
  }
  return result;
}

std::optional<Value> whole_number_as_choice(const Value& v, const Schema& s) {
  if (s.type != SchemaType::text || (!v.integer() && !v.unsigned_integer())) return std::nullopt;
  const std::string written = to_json(v);
  const bool known =
      std::any_of(s.choices.begin(), s.choices.end(), [&](const Value& c) { return c.text() && *c.text() == written; });
  return known ? std::optional<Value>(Value(written)) : std::nullopt;
}

Value retyped(const Value& v) {
  return type_plain_scalar(*v.text());
}

std::optional<Value> typed_as(const Value& v, SchemaType type) {
  switch (type) {
    case SchemaType::boolean:
      return v.boolean() ? std::optional<Value>(*v.boolean()) : std::nullopt;
    case SchemaType::integer:
      if (v.integer()) return Value(*v.integer());
      if (v.unsigned_integer()) return Value(*v.unsigned_integer());
      if (const double* d = v.real(); d != nullptr && std::fabs(*d) < 9e15 && *d == std::floor(*d)) {
        return Value(static_cast<int64_t>(*d));
      }
      return std::nullopt;
    case SchemaType::number:
      if (v.integer()) return Value(static_cast<double>(*v.integer()));
      if (v.unsigned_integer()) return Value(static_cast<double>(*v.unsigned_integer()));
      return v.real() && std::isfinite(*v.real()) ? std::optional<Value>(*v.real()) : std::nullopt;
    default:
      return v.text() ? std::optional<Value>(*v.text()) : std::nullopt;
  }
}

std::string near_choice(const Value& v, const Schema& s) {
  if (!v.text()) return {};
  std::vector<std::string_view> names;
  for (const Value& c : s.choices) {
    if (c.text()) names.push_back(*c.text());
  }
  const auto near = did_you_mean(*v.text(), names);
  return near.empty() ? std::string() : fmt::format("did you mean '{}'?", near);
}

}  // namespace sonde::core
