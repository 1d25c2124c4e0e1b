// `when:` expressions, compiled against the field table.
//   expr = and {"or" and}; and = unary {"and" unary}; unary = "not" unary | "(" expr ")" | test
//   test = field | field ("=="|"!=") literal | field "contains" literal | "ip" "in" CIDR
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "inventory/record.hpp"

namespace sonde::core {

class When {
 public:
  /// `where` is the place of the text's first character. Unknown fields are errors with a suggestion.
  static Result<std::shared_ptr<const When>> compile(std::string_view text, const SourceSpan& where, const FieldTable&);
  /// On what is known so far. A missing field makes its test false, `not` negates that; a bare field means present and
  /// neither false nor empty; contains: list element, map key, part of a text ignoring case.
  bool test(const IpAddress& ip, std::span<const Fact> facts) const;
  const std::vector<FieldId>& fields() const { return fields_; }  ///< that it reads, "ip" left out
  ~When();

 private:
  When();
  struct Node;
  std::unique_ptr<Node> root_;
  std::vector<FieldId> fields_;
};

}  // namespace sonde::core
