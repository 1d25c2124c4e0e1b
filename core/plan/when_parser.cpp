// `when:` expressions: a recursive descent parser that checks words against the field table.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "plan/when_node.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_text = 4096;
constexpr int max_depth = 64;

bool is_number_type(uint32_t type) {
  return type == SONDE_I64 || type == SONDE_U64 || type == SONDE_F64 || type == SONDE_TIME;
}

std::optional<long double> number_in(std::string_view text) {
  uint64_t u = 0;
  if (auto r = std::from_chars(text.begin(), text.end(), u); r.ec == std::errc() && r.ptr == text.end()) return u;
  double d = 0;
  if (auto r = std::from_chars(text.begin(), text.end(), d); r.ec == std::errc() && r.ptr == text.end()) return d;
  return std::nullopt;
}

}  // namespace

/// Grammar and words. The first mistake ends it: later ones in one expression would be guesses.
struct When::Parser {
  using NodePtr = std::unique_ptr<Node>;
  using Kind = Node::Kind;

  struct Token {
    enum class Type : uint8_t { end, word, quoted, open, close, equal, unequal, wrong } type = Type::end;
    std::string text;
    std::size_t at = 0, length = 0;
    bool is(std::string_view keyword) const { return type == Type::word && text == keyword; }
  };

  std::string_view text;
  const TextPlace& where;
  const FieldTable& fields;
  bool assume_up = false;
  std::size_t position = 0;
  Token token{};
  std::vector<FieldId> read{};
  std::vector<Part> parts{};
  Diagnostic error{};

  Result<std::unique_ptr<Node>> run() {
    if (text.size() > max_text) {
      fail(0, 1, fmt::format("a `when` of at most {} characters is expected, this one has {}", max_text, text.size()));
      return tl::unexpected(error);
    }
    advance();
    NodePtr root = any_of(0);
    if (root && token.type != Token::Type::end) {
      const std::string_view near = did_you_mean(token.text, {"and", "or", "contains", "in"});
      fail(token.at, token.length, fmt::format("expected 'and', 'or' or the end, found {}", shown(token)),
           token.text == "=" ? "write == for a comparison"
           : near.empty()    ? ""
                             : fmt::format("did you mean '{}'?", near));
      root = nullptr;
    }
    if (!root) return tl::unexpected(error);
    return root;
  }

  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:/%-").find(c) != std::string_view::npos;
  }

  static std::string shown(const Token& t) {
    return t.type == Token::Type::end ? "the end" : fmt::format("'{}'", printable(t.text));
  }

  NodePtr fail(std::size_t at, std::size_t length, std::string what, std::string hint = {},
               std::string_view id = "when-syntax") {
    error = Diagnostic{std::string(id), std::move(what), std::move(hint), where.at(at, length), Severity::error};
    return nullptr;
  }

  void advance() {
    while (position < text.size() && std::string_view(" \t\r\n").find(text[position]) != std::string_view::npos)
      ++position;
    token = Token{};
    token.at = position;
    if (position == text.size()) return;
    const char c = text[position];
    auto take = [&](Token::Type type, std::size_t length) {
      token.type = type;
      token.length = length;
      token.text = text.substr(position, length);
      position += length;
    };
    if (c == '(') return take(Token::Type::open, 1);
    if (c == ')') return take(Token::Type::close, 1);
    if (text.substr(position, 2) == "==") return take(Token::Type::equal, 2);
    if (text.substr(position, 2) == "!=") return take(Token::Type::unequal, 2);
    if (c == '"' || c == '\'') {
      std::size_t end = text.find(c, position + 1);
      if (end == std::string_view::npos) return take(Token::Type::wrong, text.size() - position);
      take(Token::Type::quoted, end + 1 - position);
      token.text = token.text.substr(1, token.text.size() - 2);
      return;
    }
    std::size_t end = position;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end == position) return take(Token::Type::wrong, 1);
    take(Token::Type::word, end - position);
  }

  NodePtr any_of(int depth) {
    return chain("or", Kind::any_of, [&] { return all_of(depth); });
  }
  NodePtr all_of(int depth) {
    return chain("and", Kind::all_of, [&] { return unary(depth); });
  }

  template <class F>
  NodePtr chain(std::string_view keyword, Kind kind, F&& part) {
    NodePtr first = part();
    if (!first || !token.is(keyword)) return first;
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->children.push_back(std::move(first));
    while (token.is(keyword)) {
      advance();
      NodePtr next = part();
      if (!next) return nullptr;
      node->children.push_back(std::move(next));
    }
    return node;
  }

  NodePtr unary(int depth) {
    if (depth >= max_depth)
      return fail(token.at, token.length, fmt::format("a `when` may be nested {} deep, this one is deeper", max_depth));
    if (token.is("not")) {
      advance();
      auto node = std::make_unique<Node>();
      node->kind = Kind::negation;
      node->children.push_back(unary(depth + 1));
      return node->children.front() ? std::move(node) : nullptr;
    }
    if (token.type == Token::Type::open) {
      advance();
      NodePtr inner = any_of(depth + 1);
      if (!inner) return nullptr;
      if (token.type != Token::Type::close)
        return fail(token.at, token.length, fmt::format("expected ')', found {}", shown(token)));
      advance();
      return inner;
    }
    return test();
  }

  NodePtr test() {
    if (token.type == Token::Type::wrong && !token.text.empty() && (token.text[0] == '"' || token.text[0] == '\''))
      return fail(token.at, token.length, "the text in quotes does not end");
    if (token.type != Token::Type::word || token.is("and") || token.is("or") || token.is("in") || token.is("contains"))
      return fail(token.at, token.length, fmt::format("expected a field, found {}", shown(token)),
                  "for example: when: alive and ports contains 22");
    Token name = token;
    advance();
    if (name.is("ip")) return test_of_ip(name);
    auto node = std::make_unique<Node>();
    if (!bind(name, *node)) return nullptr;
    const Field& field = fields[node->field];
    bool scalar = field.shape == SONDE_SCALAR || !node->key.empty();
    if (token.type == Token::Type::equal || token.type == Token::Type::unequal) {
      if (!scalar)
        return fail(name.at, name.length, fmt::format("'{}' holds several values and is equal to none", name.text),
                    fmt::format("write: {} contains ...", name.text));
      node->kind = token.type == Token::Type::equal ? Kind::equals : Kind::differs;
      if (!literal(*node, field, field.type)) return nullptr;
    } else if (token.is("contains")) {
      node->kind = Kind::contains;
      bool has_parts = field.shape != SONDE_SCALAR || field.type == SONDE_TEXT || field.type == SONDE_JSON ||
                       field.type == SONDE_NULL;
      if (!has_parts)
        return fail(token.at, token.length,
                    fmt::format("'{}' is neither a list, a map nor a text, so it contains nothing", name.text),
                    fmt::format("write: {} == ...", name.text));
      bool by_element = field.shape == SONDE_LIST;
      if (!literal(*node, field, by_element ? field.type : uint32_t{SONDE_TEXT})) return nullptr;
    } else {
      node->kind = Kind::present;
    }
    return assume_up && node->field == FieldTable::alive ? answered_as_alive(*node) : std::move(node);
  }

  static NodePtr answered_as_alive(const Node& asked) {
    auto node = std::make_unique<Node>();
    node->value = asked.kind == Kind::present || ((asked.literal == "true") == (asked.kind == Kind::equals));
    return node;
  }

  NodePtr test_of_ip(const Token& name) {
    auto node = std::make_unique<Node>();
    const bool compares = token.type == Token::Type::equal || token.type == Token::Type::unequal;
    if (!token.is("in") && !compares)
      return fail(name.at, name.length, "every host has an ip; expected 'in' and a network, '==' or '!='",
                  "for example: when: ip in 10.0.0.0/24");
    node->kind = Kind::in_network;
    node->literal = token.text;
    advance();
    if (token.type != Token::Type::word && token.type != Token::Type::quoted)
      return fail(token.at, token.length,
                  fmt::format("expected a network such as 10.0.0.0/24, found {}", shown(token)));
    auto network = Cidr::parse(token.text);
    if (!network) return fail(token.at, token.length, network.error().text, network.error().hint);
    node->network = *network;
    advance();
    return node;
  }

  /// The field of that name, or a map's with the rest of the name as its key.
  bool bind(const Token& name, Node& node) {
    node.field = fields.find(name.text);
    for (std::size_t dot = name.text.rfind('.'); node.field == no_field && dot != std::string::npos && dot > 0;
         dot = name.text.rfind('.', dot - 1)) {
      FieldId base = fields.find(std::string_view(name.text).substr(0, dot));
      if (base == no_field || fields[base].shape != SONDE_MAP || dot + 1 == name.text.size()) continue;
      node.field = base;
      node.key = name.text.substr(dot + 1);
    }
    if (node.field == no_field) {
      std::vector<std::string_view> known;
      for (std::size_t i = 0; i < fields.size(); ++i) known.push_back(fields[static_cast<FieldId>(i)].name);
      std::string_view near = did_you_mean(name.text, known);
      fail(name.at, name.length, fmt::format("there is no field '{}'", printable(name.text)),
           near.empty() ? "fields: " + join(known, ", ") : fmt::format("did you mean '{}'?", near), "unknown-field");
      return false;
    }
    if (!node.key.empty()) parts.push_back({node.field, node.key, where.at(name.at, name.length)});
    node.shape = fields[node.field].shape;
    bool assumed = assume_up && node.field == FieldTable::alive;
    if (!assumed && std::find(read.begin(), read.end(), node.field) == read.end()) read.push_back(node.field);
    return true;
  }

  bool literal(Node& node, const Field& field, uint32_t type) {
    advance();
    if (token.type != Token::Type::word && token.type != Token::Type::quoted) {
      fail(token.at, token.length,
           fmt::format("expected a value to compare '{}' with, found {}", field.name, shown(token)));
      return false;
    }
    node.literal = token.text;
    node.number = number_in(token.text);
    std::string_view expected;
    if (type == SONDE_BOOL && node.literal != "true" && node.literal != "false") expected = "true or false";
    if (is_number_type(type) && !node.number) expected = "a number";
    if (type == SONDE_IP && !IpAddress::parse(node.literal)) expected = "an address";
    if (!expected.empty()) {
      fail(token.at, token.length,
           fmt::format("'{}' is compared with {}, found {}", field.name, expected, shown(token)));
      return false;
    }
    advance();
    return true;
  }
};

Result<std::shared_ptr<const When>> When::compile(std::string_view text, const TextPlace& where,
                                                  const FieldTable& fields, bool assume_up) {
  Parser parser{text, where, fields, assume_up};
  auto root = parser.run();
  if (!root) return tl::unexpected(root.error());
  std::shared_ptr<When> when(new When);
  when->root_ = std::move(*root);
  when->fields_ = std::move(parser.read);
  when->parts_ = std::move(parser.parts);
  return std::shared_ptr<const When>(std::move(when));
}

}  // namespace sonde::core
