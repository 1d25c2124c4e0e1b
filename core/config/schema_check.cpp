// Options against a schema: every mistake reported with its place, defaults filled, formats in base units.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "base/units.hpp"
#include "config/formats.hpp"
#include "config/option_rules.hpp"
#include "config/option_value.hpp"
#include "config/scalar.hpp"
#include "config/schema_property.hpp"

namespace sonde::core {
namespace {

/// What a value belongs to: "stage 'icmp'" and 'count'.
struct Owner {
  std::string subject;
  std::string name;
  bool entry = false;  ///< of the list of that name
};

bool is_scalar(const Schema& s) {
  return s.type != SchemaType::array && s.type != SchemaType::object;
}

class Checker {
 public:
  Checker(const CheckContext& context, Diagnostics& out) : context_(context), out_(out) {}

  std::optional<Value> object(const Value& v, const Schema& s, const std::string& subject) {
    if (!v.object() && !v.is_null()) {
      out_.error("wrong-type", v.where, fmt::format("{} takes a mapping, found {}", subject, described(v)),
                 "write its keys below it, indented, as `key: value`");
      return std::nullopt;
    }
    if (s.open) return v;
    Value result{Value::Object{}};
    carry_place(v, result);
    static const Value::Object none;
    for (const auto& member : v.object() ? *v.object() : none) {
      const Schema* schema = property(s, member.key);
      if (schema == nullptr) {
        unknown(member, s, subject);
        continue;
      }
      if (auto checked = value(member.value, *schema, {subject, member.key})) {
        result.object()->push_back({member.key, member.where, *std::move(checked)});
      }
    }
    fill(v, s, subject, result);
    const auto given = [&](const std::string& name) {
      const Value* there = v.find(name);
      const Schema& option = *property(s, name);
      if (there == nullptr || there->unknown || not_given(*there, option)) return false;
      // An empty list asks for nothing; where there may be none, that is told.
      return !there->array() || !there->array()->empty() || option.min_items.value_or(0) > 0;
    };
    check_rules({v, result, subject, std::string(noun()), given}, s, out_);
    return result;
  }

 private:
  bool is_file() const { return context_.describe.empty(); }
  std::string_view noun() const { return is_file() ? "key" : "option"; }

  void unknown(const Value::Member& member, const Schema& s, const std::string& subject) {
    std::vector<std::string_view> names;
    for (const auto& p : s.properties) names.push_back(p.name);
    std::string hint;
    const auto& keys = context_.entry_keys;
    if (subject == context_.stage && std::find(keys.begin(), keys.end(), member.key) != keys.end()) {
      hint = member.value.origin == Origin::command_line
                 ? fmt::format("'{}' is a key beside `options`, which --set does not reach: change it in the file. ",
                               member.key)
                 : fmt::format("'{}' is a key beside `options`: write it there. ", member.key);
    } else if (const std::string_view near = did_you_mean(member.key, names); !near.empty()) {
      hint = fmt::format("did you mean '{}'? ", near);
    } else if (member.key == "<<") {
      hint = "merge keys are not read; repeat the keys, or use *alias for a whole value. ";
    }
    hint += names.empty() ? fmt::format("it has no {}s", noun()) : fmt::format("{}s: {}", noun(), join(names, ", "));
    if (!is_file()) hint += fmt::format(" ({})", context_.describe);
    out_.error(is_file() ? "unknown-key" : "unknown-option", member.where,
               fmt::format("{} has no {} '{}'", subject, noun(), shortened(member.key)), std::move(hint));
  }

  /// Defaults for what is not there, and complaints about what has to be.
  void fill(const Value& v, const Schema& s, const std::string& subject, Value& result) {
    for (const auto& [name, schema] : s.properties) {
      if (const Value* there = v.find(name); there != nullptr && !not_given(*there, schema)) continue;
      if (std::find(s.required.begin(), s.required.end(), name) != s.required.end()) {
        out_.error("missing-key", v.where, fmt::format("{} needs the {} '{}'", subject, noun(), name),
                   fmt::format("{}: {}", name, schema.description.empty() ? expectation(schema) : schema.description));
        continue;
      }
      Value filled;
      if (schema.default_value) {
        filled = *schema.default_value;
      } else if (schema.type != SchemaType::object || schema.open || !schema.required.empty()) {
        continue;
      } else {
        filled = Value(Value::Object{});
      }
      mark_default(filled, v.where);
      if (auto checked = value(filled, schema, {subject, name})) {
        if (checked->object() && checked->object()->empty() && !schema.default_value) continue;
        result.set(name, *std::move(checked));
      }
    }
  }
  static void mark_default(Value& v, const SourceSpan& where) {
    v.where = where;
    v.origin = Origin::schema_default;
    if (Value::Array* list = v.array()) {
      for (Value& entry : *list) mark_default(entry, where);
    }
    if (Value::Object* members = v.object()) {
      for (auto& member : *members) mark_default(member.value, where);
    }
  }

  /// A list or mapping whose entries are all commented out, and an interpolation that came to nothing.
  static bool not_given(const Value& v, const Schema& s) {
    if (v.is_null()) return !is_scalar(s) && s.format == Format::none;
    return is_empty(v) && v.origin != Origin::command_line && !takes_empty(s);
  }
  static bool is_empty(const Value& v) { return v.untyped && v.text() != nullptr && v.text()->empty(); }
  static bool takes_empty(const Schema& s) {
    const bool any_text = (s.type == SchemaType::text && s.min_length.value_or(0) == 0) ||
                          (s.type == SchemaType::any && s.any_of.empty()) ||
                          std::any_of(s.any_of.begin(), s.any_of.end(), [](const Schema& alternative) {
                            return alternative.type == SchemaType::text && alternative.choices.empty();
                          });
    return any_text && s.choices.empty();
  }

  std::optional<Value> value(const Value& v, const Schema& s, const Owner& owner) {
    if (not_given(v, s)) return std::nullopt;
    // Who writes --set means to set something; what came to nothing in a file is left to its default.
    if (is_empty(v) && v.origin == Origin::command_line && (s.format != Format::none || !takes_empty(s))) {
      out_.error("bad-value", v.where, fmt::format("{} takes {}, found nothing", named(owner), expectation(s)),
                 "write the value behind the =, or leave this --set out");
      return std::nullopt;
    }
    if (!s.any_of.empty()) return any_of(v, s, owner);
    if (s.format != Format::none) return formatted(v, s, owner);
    switch (s.type) {
      case SchemaType::object:
        return object(v, s, s.title.empty() ? nested(owner) : s.title);
      case SchemaType::array:
        return list(v, s, owner);
      default:
        return scalar(v, s, owner);
    }
  }

  std::string nested(const Owner& owner) const {
    return is_file() ? fmt::format("'{}'", owner.name) : fmt::format("{}: '{}'", owner.subject, owner.name);
  }
  std::string named(const Owner& owner) const {
    return fmt::format("{}: {}{} '{}'", owner.subject, owner.entry ? "an entry of " : "", noun(), owner.name);
  }

  std::optional<Value> any_of(const Value& v, const Schema& s, const Owner& owner) {
    const Schema* by_kind = nullptr;
    for (const Schema& alternative : s.any_of) {
      Diagnostics trial;
      auto checked = Checker(context_, trial).value(v, alternative, owner);
      if (!trial.has_errors()) return checked;
      if (by_kind == nullptr && fits_kind(v, alternative)) by_kind = &alternative;
    }
    if (by_kind == nullptr) {
      wrong_type(v, s, owner);
      return std::nullopt;
    }
    // What is wrong inside a list or mapping is told in its own words.
    if (!is_scalar(*by_kind)) return value(v, *by_kind, owner);
    out_.error("bad-value", v.where, fmt::format("{} takes {}, found {}", named(owner), expectation(s), described(v)),
               word_for_none(v, s));
    return std::nullopt;
  }
  /// In many tools 0 switches a limit off; here a word does.
  static std::string word_for_none(const Value& v, const Schema& s) {
    const Value typed = v.untyped && v.text() != nullptr ? retyped(v) : v;
    if (natural(typed) != uint64_t{0}) return {};
    for (const Schema& alternative : s.any_of)
      if (alternative.choices.size() == 1 && alternative.choices.front().text() != nullptr)
        return fmt::format("for no limit write {}", *alternative.choices.front().text());
    return {};
  }
  static bool fits_kind(const Value& v, const Schema& s) {
    if (v.object()) return s.type == SchemaType::object;
    if (v.array()) return s.type == SchemaType::array;
    const bool untyped = v.untyped && v.text() != nullptr;
    const Value typed = untyped ? retyped(v) : v;
    const bool number = typed.integer() || typed.unsigned_integer() || typed.real();
    return number && s.type == SchemaType::integer && s.format == Format::none;
  }

  std::optional<Value> list(const Value& v, const Schema& s, const Owner& owner) {
    Value source = v;
    if (v.untyped && v.text()) source = split_text(v);
    const Value::Array* entries = source.array();
    if (entries == nullptr) {
      wrong_type(v, s, owner);
      return std::nullopt;
    }
    if (entries->size() < s.min_items.value_or(0) || entries->size() > s.max_items.value_or(SIZE_MAX)) {
      out_.error("bad-value", v.where,
                 fmt::format("{} takes {}, found {}", named(owner), expectation(s),
                             entries->empty() ? "an empty list" : counted(entries->size(), "value")));
      return std::nullopt;
    }
    Value result{Value::Array{}};
    carry_place(v, result);
    for (const Value& entry : *entries) {
      auto checked = s.items ? value(entry, *s.items, {owner.subject, owner.name, true}) : std::optional<Value>(entry);
      if (checked) result.array()->push_back(*std::move(checked));
    }
    return result;
  }
  std::optional<Value> formatted(const Value& v, const Schema& s, const Owner& owner) {
    const bool or_word = s.format == Format::ports && !s.choices.empty();
    if (or_word && v.text() != nullptr &&
        std::any_of(s.choices.begin(), s.choices.end(), [&](const Value& c) { return same_scalar(c, v); }))
      return v;
    auto converted = convert_format(v, s, context_.path_base);
    if (!converted) {
      Diagnostic d = std::move(converted.error());
      if (s.format == Format::secret) {
        d.text = "takes text";
      } else if (or_word && v.text() != nullptr && !v.text()->empty() &&
                 std::isalpha(static_cast<unsigned char>((*v.text())[0]))) {
        d.id = "bad-value";
        d.text = fmt::format("takes {}, found {}", expectation(s), described(v));
        d.hint = near_choice(v, s);
      } else if (d.id == "wrong-type") {
        d.text += ", found " + described(v);
      }
      const bool sentence =
          d.text.starts_with("takes ") || d.text.starts_with("names ") || d.text.starts_with("holds ");
      d.text = named(owner) + (sentence ? " " : ": ") + d.text;
      if (d.where.line == 0) d.where = v.where;
      out_.add(std::move(d));
      return std::nullopt;
    }
    carry_place(v, *converted);
    if (!in_bounds(*converted, s, owner, v) || !fits_length(*converted, s, owner, v)) return std::nullopt;
    if (or_word) return std::optional<Value>(*std::move(converted));
    return is_choice(*converted, s, owner, v) ? std::optional<Value>(*std::move(converted)) : std::nullopt;
  }

  std::optional<Value> scalar(const Value& v, const Schema& s, const Owner& owner) {
    if (s.type == SchemaType::any) return v;
    std::optional<Value> typed = typed_as(v.untyped && v.text() && s.type != SchemaType::text ? retyped(v) : v, s.type);
    if (!typed) typed = whole_number_as_choice(v, s);
    if (!typed) {
      wrong_type(v, s, owner);
      return std::nullopt;
    }
    carry_place(v, *typed);
    if (!in_bounds(*typed, s, owner, v) || !fits_length(*typed, s, owner, v) || !is_choice(*typed, s, owner, v))
      return std::nullopt;
    return typed;
  }

  bool in_bounds(const Value& v, const Schema& s, const Owner& owner, const Value& written) {
    if (!s.minimum && !s.maximum) return true;
    double n = 0;
    if (v.integer()) n = static_cast<double>(*v.integer());
    if (v.unsigned_integer()) n = static_cast<double>(*v.unsigned_integer());
    if (v.real()) n = *v.real();
    if ((!s.minimum || n >= *s.minimum) && (!s.maximum || n <= *s.maximum)) return true;
    out_.error("bad-value", written.where,
               fmt::format("{} takes {}, found {}", named(owner), expectation(s), display(v, s)));
    return false;
  }

  /// In characters. How many there are is all that is told of a secret.
  bool fits_length(const Value& v, const Schema& s, const Owner& owner, const Value& written) {
    if (v.text() == nullptr || (!s.min_length && !s.max_length)) return true;
    const auto length = static_cast<uint64_t>(std::count_if(
        v.text()->begin(), v.text()->end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
    if (length >= s.min_length.value_or(0) && length <= s.max_length.value_or(UINT64_MAX)) return true;
    Schema plain = s;  // that it is kept secret has nothing to do with its length
    plain.format = Format::none;
    out_.error("bad-value", written.where,
               fmt::format("{} takes {}, found {}", named(owner), expectation(plain),
                           length == 0 ? "an empty text" : std::to_string(length)));
    return false;
  }

  bool is_choice(const Value& v, const Schema& s, const Owner& owner, const Value& written) {
    if (s.choices.empty()) return true;
    if (std::any_of(s.choices.begin(), s.choices.end(), [&](const Value& c) { return same_scalar(c, v); })) return true;
    out_.error("bad-value", written.where,
               fmt::format("{} takes {}, found {}", named(owner), expectation(s), described(written)),
               near_choice(v, s));
    return false;
  }
  void wrong_type(const Value& v, const Schema& s, const Owner& owner) {
    std::string hint;
    if (s.type == SchemaType::text && (v.integer() || v.unsigned_integer() || v.real() || v.boolean())) {
      hint = "text that looks like a number or true/false goes in quotes";
    } else if (v.text() && v.quoted && is_scalar(s) && typed_as(type_plain_scalar(*v.text()), s.type)) {
      hint = "remove the quotes: in quotes it is text";
    } else if (s.type == SchemaType::boolean && v.text()) {
      hint = "yes, no, on and off are text; write true or false";
    } else if (s.type == SchemaType::array && !v.is_null()) {
      hint = "write [a, b], or one entry a line with '- ' in front";
    } else if (v.is_null() && s.default_value) {
      hint = fmt::format("remove the line to get the default, {}", display(*s.default_value, s));
    }
    out_.error("wrong-type", v.where, fmt::format("{} takes {}, found {}", named(owner), expectation(s), described(v)),
               std::move(hint));
  }

  const CheckContext& context_;
  Diagnostics& out_;
};

}  // namespace

Value check_options(const Value& options, const Schema& schema, const CheckContext& context, Diagnostics& out) {
  auto checked = Checker(context, out).object(options, schema, context.stage);
  if (checked) return *std::move(checked);
  Value empty{Value::Object{}};
  empty.where = options.where;
  return empty;
}

}  // namespace sonde::core
