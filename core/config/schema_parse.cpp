// The schema language read. A plugin's text is as hostile as its file: every word, bound and default is checked before
// any option is, and what does not fit refuses the plugin.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "base/units.hpp"
#include "config/option_rules.hpp"
#include "config/scalar.hpp"
#include "config/schema.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t max_depth = 16;
constexpr std::size_t max_bytes = 1u << 20;
constexpr double max_bound = 9.2e18;  // and casts to int64_t stay defined

constexpr std::array<std::pair<std::string_view, SchemaType>, 6> types{{{"boolean", SchemaType::boolean},
                                                                        {"integer", SchemaType::integer},
                                                                        {"number", SchemaType::number},
                                                                        {"string", SchemaType::text},
                                                                        {"array", SchemaType::array},
                                                                        {"object", SchemaType::object}}};
constexpr std::array<std::pair<std::string_view, Format>, 7> formats{{{"duration", Format::duration},
                                                                      {"bytes", Format::bytes},
                                                                      {"ports", Format::ports},
                                                                      {"cidr", Format::cidr},
                                                                      {"path", Format::path},
                                                                      {"secret", Format::secret},
                                                                      {"service", Format::service}}};

template <class Table>
std::string words(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.first);
  return join(names, ", ");
}

std::optional<double> number(const Value& v) {
  if (const auto* i = v.integer()) return static_cast<double>(*i);
  if (const auto* u = v.unsigned_integer()) return static_cast<double>(*u);
  if (const auto* d = v.real(); d != nullptr && std::isfinite(*d)) return *d;
  return std::nullopt;
}

bool is_property_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// What the plugin receives decides the type of a node with a format, whatever the text of the schema says.
SchemaType type_of(Format format) {
  switch (format) {
    case Format::duration:
    case Format::bytes:
      return SchemaType::integer;
    case Format::ports:
      return SchemaType::array;
    default:
      return SchemaType::text;
  }
}

bool format_allows(Format format, SchemaType written) {
  if (written == SchemaType::any || written == SchemaType::text) return true;
  if (format == Format::ports) return written == SchemaType::array || written == SchemaType::integer;
  return (format == Format::duration || format == Format::bytes) && written == SchemaType::integer;
}

class Reader {
 public:
  explicit Reader(bool core_words) : core_words_(core_words) {}
  Diagnostic take_problem() { return std::move(problem_); }

  bool read(const Value& node, const std::string& pointer, std::size_t depth, Schema& out) {
    const Value::Object* members = node.object();
    if (members == nullptr) return fail(pointer, "expected an object");
    if (depth > max_depth) return fail(pointer, fmt::format("nested deeper than {} levels", max_depth));
    for (const auto& member : *members) {
      if (!read_word(member, pointer, depth, out)) return false;
    }
    return settle_type(pointer, out) && check_combination(pointer, out) && check_rules(pointer, out) &&
           check_cleartext(out) && check_values(pointer, out);
  }

 private:
  bool fail(const std::string& pointer, std::string text) {
    problem_ = Diagnostic{
        "plugin-schema",
        fmt::format("options schema, at {}: {}", pointer.empty() ? "the root" : printable(pointer), printable(text)),
        "",
        {},
        Severity::error};
    return false;
  }

  bool read_word(const Value::Member& member, const std::string& pointer, std::size_t depth, Schema& out) {
    const std::string_view word = member.key;
    const Value& value = member.value;
    const bool root = pointer.empty();
    if (word == "type") return read_name(value, pointer, "type", types, out.type);
    if (word == "x-sonde") {
      return root ? read_root_extension(value, out) : read_name(value, pointer, "x-sonde", formats, out.format);
    }
    if (word == "description") return read_text(value, pointer, word, out.description);
    if (word == "title" && (root || core_words_)) return read_text(value, pointer, word, out.title);
    if (word == "$schema" && root) return value.text() != nullptr || fail(pointer, "$schema is not text");
    if (word == "minimum") return read_bound(value, pointer, word, out.minimum);
    if (word == "maximum") return read_bound(value, pointer, word, out.maximum);
    if (word == "minLength") return read_count(value, pointer, word, out.min_length);
    if (word == "maxLength") return read_count(value, pointer, word, out.max_length);
    if (word == "minItems") return read_count(value, pointer, word, out.min_items);
    if (word == "maxItems") return read_count(value, pointer, word, out.max_items);
    if (word == "dependentRequired") return without_fault(pointer, read_dependent_required(value, out.rules));
    if (word == "allOf") return without_fault(pointer, read_all_of(value, out.rules));
    if (word == "default") {
      out.default_value = value;
      return true;
    }
    if (word == "enum") return read_enum(value, pointer, out);
    if (word == "required") return read_required(value, pointer, out);
    if (word == "items") {
      out.items = std::make_shared<Schema>();
      return read(value, pointer + "/items", depth + 1, *out.items);
    }
    if (word == "properties") return read_properties(value, pointer, depth, out);
    if (core_words_ && word == "anyOf") return read_any_of(value, pointer, depth, out);
    if (core_words_ && word == "additionalProperties") {
      out.open = value.boolean() != nullptr && *value.boolean();
      return value.boolean() != nullptr || fail(pointer, "additionalProperties is not true or false");
    }
    return fail(pointer, fmt::format("'{}' is not one of the words type, enum, minimum, maximum, minLength, maxLength, "
                                     "items, minItems, maxItems, properties, required, dependentRequired, allOf, "
                                     "default, description, x-sonde",
                                     word));
  }

  template <class Table, class Out>
  bool read_name(const Value& value, const std::string& pointer, std::string_view word, const Table& table, Out& out) {
    const std::string* name = value.text();
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const auto& entry) { return name != nullptr && entry.first == *name; });
    if (found == table.end()) return fail(pointer, fmt::format("{} is not one of {}", word, words(table)));
    out = found->second;
    return true;
  }
  bool read_text(const Value& value, const std::string& pointer, std::string_view word, std::string& out) {
    if (value.text() == nullptr) return fail(pointer, fmt::format("{} is not text", word));
    out = *value.text();
    return true;
  }
  bool read_root_extension(const Value& value, Schema& out) {
    const Value::Object* members = value.object();
    if (members == nullptr || members->empty())
      return fail("", "x-sonde at the root is an object with the members cost, batch, variants, cleartext");
    for (const auto& member : *members) {
      if (member.key == "cost") {
        out.cost = member.value;
      } else if (member.key == "variants") {
        out.variants = member.value;
      } else if (member.key == "batch" && member.value.text() != nullptr) {
        out.batch = *member.value.text();
      } else if (member.key != "cleartext") {
        return fail("", fmt::format("x-sonde at the root knows cost, batch (the name of an option), variants and "
                                    "cleartext, not '{}'",
                                    member.key));
      } else if (!read_cleartext(member.value, out)) {
        return false;
      }
    }
    return true;
  }
  bool read_cleartext(const Value& value, Schema& out) {
    const Value::Array* names = value.array();
    if (names == nullptr) return fail("", "cleartext is not a list of options");
    for (const Value& name : *names) {
      if (name.text() == nullptr) return fail("", "cleartext has an entry that is not text");
      out.cleartext.push_back(*name.text());
    }
    return true;
  }
  bool read_bound(const Value& value, const std::string& pointer, std::string_view word, std::optional<double>& out) {
    out = number(value);
    if (out && std::fabs(*out) > max_bound) out.reset();
    return out.has_value() || fail(pointer, fmt::format("{} is not a number that fits into 64 bits", word));
  }
  bool read_count(const Value& value, const std::string& pointer, std::string_view word, std::optional<uint64_t>& out) {
    out = natural(value);
    return out.has_value() || fail(pointer, fmt::format("{} is not a whole number from 0", word));
  }
  bool without_fault(const std::string& pointer, const std::string& fault) {
    return fault.empty() || fail(pointer, fault);
  }
  bool read_enum(const Value& value, const std::string& pointer, Schema& out) {
    const Value::Array* choices = value.array();
    if (choices == nullptr || choices->empty()) return fail(pointer, "enum is not a list with something in it");
    for (const Value& choice : *choices) {
      if (choice.array() || choice.object() || choice.is_null())
        return fail(pointer, "enum has an entry that is no scalar");
    }
    out.choices = *choices;
    return true;
  }
  bool read_required(const Value& value, const std::string& pointer, Schema& out) {
    const Value::Array* names = value.array();
    if (names == nullptr) return fail(pointer, "required is not a list");
    for (const Value& name : *names) {
      if (name.text() == nullptr) return fail(pointer, "required has an entry that is not text");
      out.required.push_back(*name.text());
    }
    return true;
  }
  bool read_properties(const Value& value, const std::string& pointer, std::size_t depth, Schema& out) {
    const Value::Object* members = value.object();
    if (members == nullptr) return fail(pointer, "properties is not an object");
    for (const auto& [name, where, node] : *members) {
      if (!is_property_name(name)) {
        return fail(pointer, fmt::format("'{}' is no option name: small letters, digits and _, a letter first", name));
      }
      Schema::Property property{name, {}};
      if (!read(node, pointer + "/properties/" + name, depth + 1, property.schema)) return false;
      out.properties.push_back(std::move(property));
    }
    return true;
  }
  bool read_any_of(const Value& value, const std::string& pointer, std::size_t depth, Schema& out) {
    const Value::Array* alternatives = value.array();
    if (alternatives == nullptr || alternatives->empty()) return fail(pointer, "anyOf is not a list");
    for (std::size_t i = 0; i < alternatives->size(); ++i) {
      out.any_of.emplace_back();
      const std::string below = fmt::format("{}/anyOf/{}", pointer, i);
      if (!read((*alternatives)[i], below, depth + 1, out.any_of.back())) return false;
    }
    return true;
  }

  bool settle_type(const std::string& pointer, Schema& out) {
    if (out.format != Format::none) {
      if (!format_allows(out.format, out.type)) return fail(pointer, "this x-sonde word does not go with this type");
      out.type = type_of(out.format);
      return true;
    }
    if (out.type != SchemaType::any || !out.any_of.empty()) return true;
    if (!out.properties.empty()) out.type = SchemaType::object;
    if (out.items) out.type = SchemaType::array;
    const auto is_text = [](const Value& v) { return v.text() != nullptr; };
    if (!out.choices.empty() && std::all_of(out.choices.begin(), out.choices.end(), is_text))
      out.type = SchemaType::text;
    return true;
  }

  bool check_combination(const std::string& pointer, const Schema& s) {
    if (pointer.empty() && s.type != SchemaType::object) return fail(pointer, "options are an object");
    const bool numeric = s.type == SchemaType::integer || s.type == SchemaType::number;
    if ((s.minimum || s.maximum) && !numeric) return fail(pointer, "minimum and maximum go with numbers only");
    if (s.minimum && s.maximum && *s.minimum > *s.maximum) return fail(pointer, "minimum is above maximum");
    const bool is_text = s.type == SchemaType::text && (s.format == Format::none || s.format == Format::secret);
    if ((s.min_length || s.max_length) && !is_text) return fail(pointer, "minLength and maxLength go with text only");
    if ((s.min_items || s.max_items) && (s.type != SchemaType::array || s.format != Format::none))
      return fail(pointer, "minItems and maxItems go with an array only");
    if (s.min_length.value_or(0) > s.max_length.value_or(UINT64_MAX))
      return fail(pointer, "minLength is above maxLength");
    if (s.min_items.value_or(0) > s.max_items.value_or(UINT64_MAX)) return fail(pointer, "minItems is above maxItems");
    if (s.items && s.type != SchemaType::array) return fail(pointer, "items goes with an array only");
    if (!s.properties.empty() && s.type != SchemaType::object)
      return fail(pointer, "properties go with an object only");
    // Of ports, enum lists the words that may stand there instead.
    const bool words = s.format == Format::ports;
    if (!s.choices.empty() && !words && (s.type == SchemaType::array || s.type == SchemaType::object)) {
      return fail(pointer, "enum goes with scalars and ports only");
    }
    for (const std::string& name : s.required) {
      const auto known = std::any_of(s.properties.begin(), s.properties.end(),
                                     [&](const Schema::Property& p) { return p.name == name; });
      if (!known) return fail(pointer, fmt::format("required names '{}', which is no property", name));
    }
    return true;
  }

  bool check_rules(const std::string& pointer, const Schema& s) {
    if (!s.rules.empty() && s.type != SchemaType::object)
      return fail(pointer, "dependentRequired and allOf go with an object only");
    return without_fault(pointer, check_rule_names(s));
  }

  /// Each name leads to a secret: one that was misspelt would never be warned of.
  bool check_cleartext(const Schema& root) {
    for (const std::string& name : root.cleartext) {
      const Schema* at = &root;
      for (std::string_view rest = name; !rest.empty();) {
        const std::string_view part = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        if (at->items) at = at->items.get();
        const auto found = std::find_if(at->properties.begin(), at->properties.end(),
                                        [&](const Schema::Property& p) { return p.name == part; });
        if (found == at->properties.end())
          return fail("", fmt::format("cleartext names '{}', which is no option", name));
        at = &found->schema;
      }
      if (at->format != Format::secret) return fail("", fmt::format("cleartext names '{}', which is no secret", name));
    }
    return true;
  }

  /// Defaults and choices must be values that the node itself would accept.
  bool check_values(const std::string& pointer, Schema& s) {
    for (const Value& choice : s.choices) {
      if (s.format == Format::ports && choice.text() != nullptr && !parse_ports(*choice.text())) continue;
      Schema bare = s;
      bare.choices.clear();
      if (s.format == Format::ports || !accepts(choice, bare))
        return fail(pointer, "enum has an entry of another type");
    }
    if (!s.default_value) return true;
    // A number as the default of a duration is in base units, as bounds are.
    if (const auto* ns = s.default_value->integer(); ns != nullptr && s.format == Format::duration) {
      s.default_value = Value(format_duration(*ns));
    }
    return accepts(*s.default_value, s) || fail(pointer, fmt::format("the default is not {}", expectation(s)));
  }
  static bool accepts(const Value& value, const Schema& s) {
    Schema holder;
    holder.type = SchemaType::object;
    holder.properties.push_back({"value", s});
    holder.properties.back().schema.default_value.reset();
    Value options;
    options.set("value", value);
    Diagnostics problems;
    check_options(options, holder, {}, problems);
    return !problems.has_errors();
  }

  bool core_words_;
  Diagnostic problem_;
};

Result<Schema> parse(std::string_view json, bool core_words) {
  if (json.size() > max_bytes) {
    return failure("plugin-schema",
                   fmt::format("the options schema has {} bytes; {} are read", json.size(), max_bytes));
  }
  const auto tree = parse_json(json, "options schema");
  if (!tree) return failure("plugin-schema", "the options schema is " + tree.error().text);
  Reader reader(core_words);
  Schema schema;
  if (!reader.read(*tree, "", 0, schema)) return tl::unexpected(reader.take_problem());
  return schema;
}

}  // namespace

Result<Schema> parse_schema(std::string_view json) {
  return parse(json, false);
}

Result<Schema> parse_core_schema(std::string_view json) {
  return parse(json, true);
}

}  // namespace sonde::core
