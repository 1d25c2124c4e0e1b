// The option language: a closed subset of JSON Schema from which validation, defaults, `describe`, sample YAML, editor
// completion and the tables of the documentation come. Used for the options of plugins and for the pipeline file
// itself.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/value.hpp"

namespace sonde::core {

/// x-sonde words on a property: how the text is read and what the plugin receives.
enum class Format : uint8_t {
  none,
  duration,  ///< "800ms" -> integer, nanoseconds
  bytes,     ///< "4KiB" -> unsigned, bytes
  ports,     ///< "22,80,8000-8010", a number, or a list of those -> array of unsigned
  cidr,      ///< checked text
  path,      ///< made absolute (which base: see CheckContext)
  secret,    ///< shown as *** everywhere
  service    ///< "address[:port]" or "[v6]:port" of a server named in options: outside scope, inside budgets
};

enum class SchemaType : uint8_t { any, boolean, integer, number, text, array, object };

/// What must hold between the members of an object: `names` under a condition. Written as dependentRequired and allOf.
struct OptionRule {
  enum class Kind : uint8_t {
    needs_all,    ///< each of `names` is given
    needs_one,    ///< one of `names` at least is given
    not_together  ///< not all of `names` are given
  };
  Kind kind = Kind::needs_all;
  std::vector<std::string> names;
  std::string option;         ///< the condition: of this member; empty: always
  std::vector<Value> values;  ///< that it has one of these, given or by default; empty: that it is given
  std::string why;            ///< for people, may be empty
};

/// One node. Bounds of formats are written in base units (duration: ns, bytes: bytes).
struct Schema {
  SchemaType type = SchemaType::any;
  Format format = Format::none;
  std::string description;
  std::optional<Value> default_value;
  std::vector<Value> choices;  ///< enum; of ports: the words that may stand there instead of a list
  std::optional<double> minimum, maximum;
  std::optional<uint64_t> min_length, max_length;  ///< of a text, in characters
  std::optional<uint64_t> min_items, max_items;    ///< of an array
  std::shared_ptr<Schema> items;                   ///< of an array
  struct Property;
  std::vector<Property> properties;  ///< of an object, in the order of the schema text; no others are allowed
  std::vector<std::string> required;
  std::vector<OptionRule> rules;
  // Root only: members of the root's x-sonde object, see plugins/demands.hpp.
  Value cost, variants;
  std::string batch;
  std::vector<std::string> cleartext;  ///< secrets that cross the network as they are ("list.member" too)

  // Words that only the core's own schema (the pipeline file) uses; a plugin's never has them.
  std::string title;           ///< what messages call an object: "a stage"
  std::vector<Schema> any_of;  ///< the value is one of these
  bool open = false;           ///< an object whose members are checked elsewhere
};
struct Schema::Property {
  std::string name;
  Schema schema;
};

/// Parses a descriptor's options_schema. Any word outside the subset (type, enum, minimum, maximum, minLength,
/// maxLength, items, minItems, maxItems, properties, required, dependentRequired, allOf, default, description, x-sonde;
/// at the root also $schema, title) is an error: the plugin is refused.
Result<Schema> parse_schema(std::string_view json);
/// The same with the words of the core's own schema: title, anyOf and additionalProperties: true on every node.
Result<Schema> parse_core_schema(std::string_view json);

struct CheckContext {
  std::string stage;      ///< for messages: "stage 'tcp-banner'" (or "limits", "the pipeline file")
  std::string describe;   ///< "sonde describe tcp-banner", for hints
  std::string path_base;  ///< relative paths of Format::path become path_base/...; empty: left as they are
  /// Keys beside `options` in the file: who writes one of them as an option is told.
  std::vector<std::string_view> entry_keys = {};
};

/// Checks `options` against the schema, fills defaults (Origin::schema_default), converts formats to base units.
/// Reports every unknown key (with suggestion), wrong type, bound, missing key; returns what could be understood.
Value check_options(const Value& options, const Schema& schema, const CheckContext&, Diagnostics& out);

/// The value with every secret replaced by "***": what plan, log, journal and report show.
Value redacted(const Value& options, const Schema& schema);
/// The value without its secrets: what the plan hash covers.
Value without_secrets(const Value& options, const Schema& schema);
/// What a value of that schema is, for messages, `describe` and the documentation: "a whole number from 1 to 10".
std::string expectation(const Schema&);
/// The rule as a sentence without a full stop: "mode: import needs files".
std::string rule_text(const OptionRule&);
/// All rules of the schema, those of nested objects behind where they hold: "credentials[]: user and community do not
/// go together".
std::vector<std::string> rule_texts(const Schema&);
/// Whether options of that schema, or any part of them, are secret.
bool has_secret(const Schema&);
/// Base units back to text for people: 800000000 of a duration is "800ms", ports "22,80,8000-8010".
std::string display(const Value&, const Schema&);

}  // namespace sonde::core
