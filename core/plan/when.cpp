// Evaluation of `when:` expressions on what is known of a host so far.
#include "plan/when.hpp"

#include <algorithm>
#include <cstring>

#include "plan/when_node.hpp"

namespace sonde::core {
namespace {

std::optional<long double> number_of(const Scalar& s) {
  if (s.type == SONDE_U64) return s.number;
  if (s.type == SONDE_I64 || s.type == SONDE_TIME) return s.as_i64();
  if (s.type == SONDE_F64) return s.as_f64();
  return std::nullopt;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

}  // namespace

bool When::Node::test(const IpAddress& ip, std::span<const Fact> facts) const {
  switch (kind) {
    case Kind::all_of:
      return std::all_of(children.begin(), children.end(), [&](const auto& c) { return c->test(ip, facts); });
    case Kind::any_of:
      return std::any_of(children.begin(), children.end(), [&](const auto& c) { return c->test(ip, facts); });
    case Kind::negation:
      return !children.front()->test(ip, facts);
    case Kind::constant:
      return value;
    case Kind::present:
      return is_present(facts);
    case Kind::contains:
      return std::any_of(facts.begin(), facts.end(), [&](const Fact& f) { return about(f) && part_of(f); });
    case Kind::in_network:
      return network.contains(ip) != (literal == "!=");
    case Kind::equals:
    case Kind::differs:
      break;
  }
  // One statement of true settles `alive`; of every other scalar the first stage's counts.
  const Fact* settled = nullptr;
  for (const Fact& f : facts)
    if (about(f) && (!settled || (field == FieldTable::alive && f.value.as_bool()))) settled = &f;
  return settled && equal(settled->value) == (kind == Kind::equals);
}

bool When::Node::is_present(std::span<const Fact> facts) const {
  return std::any_of(facts.begin(), facts.end(), [&](const Fact& f) {
    if (!about(f)) return false;
    if (shape != SONDE_SCALAR && key.empty()) return true;
    const Scalar& s = f.value;
    switch (s.type) {
      case SONDE_NULL:
        return false;
      case SONDE_BOOL:
        return s.as_bool();
      case SONDE_TEXT:
      case SONDE_BYTES:
        return !s.text.empty();
      case SONDE_JSON:
        return s.text != "null" && s.text != "false" && s.text != "\"\"" && s.text != "{}" && s.text != "[]";
      default:
        return true;
    }
  });
}

bool When::Node::equal(const Scalar& s) const {
  if (s.type == SONDE_BOOL) return literal == (s.as_bool() ? "true" : "false");
  if (auto n = number_of(s)) return number && *n == *number;
  if (s.type == SONDE_IP) {
    std::array<uint8_t, 16> bytes{};
    if (s.text.size() != bytes.size()) return false;
    std::memcpy(bytes.data(), s.text.data(), bytes.size());
    auto address = IpAddress::parse(literal);
    return address && address->bytes() == bytes;
  }
  if (s.type == SONDE_JSON) {
    auto v = parse_json(s.text);
    if (!v) return false;
    if (v->text()) return *v->text() == literal;
    return s.text == literal;  // a number or a word
  }
  return s.text == literal;
}

bool When::Node::part_of(const Fact& f) const {
  if (key.empty() && shape == SONDE_MAP) return f.key == literal;
  if (key.empty() && shape == SONDE_LIST) return equal(f.value);
  if (f.value.type != SONDE_JSON) return contains_ignoring_case(f.value.text, literal);
  auto v = parse_json(f.value.text);
  if (!v) return false;
  if (v->object()) return v->find(literal) != nullptr;
  if (v->text()) return contains_ignoring_case(*v->text(), literal);
  if (!v->array()) return false;
  return std::any_of(v->array()->begin(), v->array()->end(), [&](const Value& item) {
    return item.text() ? *item.text() == literal : to_json(item) == literal;
  });
}

When::When() = default;
When::~When() = default;

bool When::test(const IpAddress& ip, std::span<const Fact> facts) const {
  return root_->test(ip, facts);
}

}  // namespace sonde::core
