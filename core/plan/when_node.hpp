// A `when` as a tree: what the parser builds and evaluation walks.
#pragma once
#include <sonde/plugin.h>

#include <optional>
#include <string>

#include "plan/when.hpp"

namespace sonde::core {

struct When::Node {
  enum class Kind : uint8_t { all_of, any_of, negation, constant, present, equals, differs, contains, in_network };
  Kind kind = Kind::constant;
  bool value = true;  // of a constant
  std::vector<std::unique_ptr<Node>> children;
  FieldId field = no_field;
  uint32_t shape = SONDE_SCALAR;
  std::string key;  // of a map; empty: the whole field
  std::string literal;
  std::optional<long double> number;
  Cidr network{};

  bool test(const IpAddress& ip, std::span<const Fact> facts) const;

 private:
  bool about(const Fact& f) const { return f.field == field && (key.empty() || f.key == key); }
  bool equal(const Scalar&) const;
  bool part_of(const Fact&) const;
  bool is_present(std::span<const Fact>) const;
};

}  // namespace sonde::core
