// A tree of values that remembers where each part was written: what YAML, JSON and options are inside the core. Plugins
// read their options out of one of these.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/result.hpp"

namespace sonde::core {

/// Where an effective option came from; printed by `sonde plan`.
enum class Origin : uint8_t { schema_default, file, environment, command_line };

class Value {
 public:
  using Array = std::vector<Value>;
  struct Member;
  using Object = std::vector<Member>;  // in the order written; keys are distinct
  enum class Kind : uint8_t { null, boolean, integer, unsigned_integer, real, text, array, object };

  Value();
  Value(bool);
  Value(int64_t);
  Value(uint64_t);
  Value(double);
  Value(std::string);
  Value(const char*);
  Value(Array);
  Value(Object);
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(const Value&);
  Value& operator=(Value&&) noexcept;
  ~Value();

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::null; }
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  const int64_t* integer() const { return std::get_if<int64_t>(&data_); }
  const uint64_t* unsigned_integer() const { return std::get_if<uint64_t>(&data_); }
  const double* real() const { return std::get_if<double>(&data_); }
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  Array* array() { return std::get_if<Array>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }

  /// Member of an object, or nullptr.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  void set(std::string key, Value v);  ///< replaces or appends; makes a null into an object
  /// RFC 6901 pointer ("" is the whole, "/ports/0", "~0" "~1" escapes), or nullptr.
  const Value* at_pointer(std::string_view pointer) const;

  SourceSpan where{};  ///< of the value (a key's place is in Member)
  Origin origin = Origin::file;
  bool quoted = false;   ///< a YAML scalar in quotes: text, never a number
  bool untyped = false;  ///< text out of ${...} or --set: the schema that checks it decides what it is
  bool unknown = false;  ///< empty, because a variable is not set here and need not be (--allow-unset-env)

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> data_;
};

struct Value::Member {
  std::string key;
  SourceSpan where;  ///< of the key
  Value value;
};

/// Strict JSON (RFC 8259), at most 64 levels and 64 MiB. Integers keep 64 bits.
Result<Value> parse_json(std::string_view text, std::string_view name_for_messages = "");
/// Whether parse_json() would read it, without the cost of a tree.
bool is_json(std::string_view text);
/// JSON text. indent < 0: one line. Invalid UTF-8 is replaced, never thrown about.
std::string to_json(const Value&, int indent = -1);
/// A JSON string literal with its quotes, for code that writes JSON by hand.
std::string json_quote(std::string_view);

}  // namespace sonde::core
