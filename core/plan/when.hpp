// `when:` expressions, compiled against the field table.
//   expr = and {"or" and}; and = unary {"and" unary}; unary = "not" unary | "(" expr ")" | test
//   test = field | field ("=="|"!=") literal | field "contains" literal | "ip" "in" CIDR
// A literal is a word (alive == true, ports contains 22, link != silent) or a text in quotes. A key of a map stands
// behind its field: snmp.sysDescr contains "LaserJet".
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "config/text_place.hpp"
#include "inventory/record.hpp"

namespace sonde::core {

class When {
 public:
  /// `where`: where the text stands. Unknown fields are errors with a suggestion. `assume_up`: what
  /// is asked of `alive` is answered as for a host that is.
  static Result<std::shared_ptr<const When>> compile(std::string_view text, const TextPlace& where, const FieldTable&,
                                                     bool assume_up = false);
  /// On what is known so far. A missing field makes its test false, `not` negates that; a bare field means present and
  /// neither false nor empty; contains: list element, map key, part of a text ignoring case.
  bool test(const IpAddress& ip, std::span<const Fact> facts) const;
  const std::vector<FieldId>& fields() const { return fields_; }  ///< that it reads, each once, "ip" left out
  /// A key of a map that it reads.
  struct Part {
    FieldId field = no_field;
    std::string key;
    SourceSpan where;
  };
  const std::vector<Part>& parts() const { return parts_; }
  ~When();

 private:
  When();
  struct Node;
  struct Parser;
  std::unique_ptr<Node> root_;
  std::vector<FieldId> fields_;
  std::vector<Part> parts_;
};

}  // namespace sonde::core
