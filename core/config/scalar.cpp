// The core schema of YAML 1.2.2, section 10.3.2, without .inf and .nan: no option takes those, so they stay text.
#include "config/scalar.hpp"

#include <charconv>
#include <optional>

#include "base/digits.hpp"

namespace sonde::core {
namespace {

std::size_t digits(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return n;
}

std::optional<uint64_t> magnitude(std::string_view text, int base) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Value> signed_value(uint64_t magnitude, bool negative) {
  constexpr auto top = uint64_t{1} << 63;
  if (negative) {
    if (magnitude > top) return std::nullopt;
    return Value(magnitude == top ? INT64_MIN : -static_cast<int64_t>(magnitude));
  }
  if (magnitude < top) return Value(static_cast<int64_t>(magnitude));
  return Value(magnitude);
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, the sign already gone.
bool looks_like_float(std::string_view text) {
  const std::size_t whole = digits(text);
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = digits(text);
    if (whole == 0 && fraction == 0) return false;
    text.remove_prefix(fraction);
  } else if (whole == 0) {
    return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t exponent = digits(text);
    return exponent != 0 && exponent == text.size();
  }
  return text.empty();
}

std::optional<Value> number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const auto value = magnitude(text.substr(2), text[1] == 'x' ? 16 : 8);
    return value ? signed_value(*value, false) : std::nullopt;
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (!text.empty() && digits(text) == text.size()) {
    const auto value = magnitude(text, 10);
    if (auto exact = value ? signed_value(*value, negative) : std::nullopt) return exact;
  }
  if (!looks_like_float(text)) return std::nullopt;
  double real = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Value(negative ? -real : real);
}

}  // namespace

Value type_plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return {};
  if (text == "true" || text == "True" || text == "TRUE") return Value(true);
  if (text == "false" || text == "False" || text == "FALSE") return Value(false);
  if (auto value = number(text)) return *std::move(value);
  return Value(std::string(text));
}

std::optional<uint64_t> natural(const Value& v) {
  if (const auto* u = v.unsigned_integer()) return *u;
  if (const auto* i = v.integer(); i != nullptr && *i >= 0) return static_cast<uint64_t>(*i);
  return std::nullopt;
}

}  // namespace sonde::core
