// Schemas and checked values as people read them; and values without what nobody may read.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/units.hpp"
#include "config/scalar.hpp"
#include "config/schema_property.hpp"

namespace sonde::core {
namespace {

std::string port_text(const Value::Array& list) {
  std::vector<uint16_t> ports;
  for (const Value& port : list) ports.push_back(static_cast<uint16_t>(natural(port).value_or(0)));
  return format_ports(ports);
}

std::string bound_text(double bound, Format format) {
  if (format == Format::duration) return format_duration(static_cast<int64_t>(bound));
  if (format == Format::bytes) return format_size(static_cast<uint64_t>(std::max(bound, 0.0)));
  return fmt::format("{}", bound);
}

std::string with_bounds(std::string text, const Schema& s) {
  // Whole numbers of any size without an exponent.
  const auto shown = [&](double bound) {
    return s.format == Format::none && bound > -9e15 && bound < 9e15 &&
                   bound == static_cast<double>(static_cast<int64_t>(bound))
               ? std::to_string(static_cast<int64_t>(bound))
               : bound_text(bound, s.format);
  };
  if (s.minimum && s.maximum) return fmt::format("{} from {} to {}", text, shown(*s.minimum), shown(*s.maximum));
  if (s.minimum) return fmt::format("{} of at least {}", text, shown(*s.minimum));
  if (s.maximum) return fmt::format("{} of at most {}", text, shown(*s.maximum));
  return text;
}

/// "text", "text of 8 to 32 characters".
std::string with_count(const char* what, const std::optional<uint64_t>& least, const std::optional<uint64_t>& most,
                       const char* one, const char* many) {
  if (least && most) return fmt::format("{} of {} to {} {}", what, *least, *most, many);
  if (least) return fmt::format("{} of at least {} {}", what, *least, *least == 1 ? one : many);
  if (most) return fmt::format("{} of at most {} {}", what, *most, *most == 1 ? one : many);
  return what;
}

std::string choice_text(const std::vector<Value>& choices) {
  std::string text;
  for (const Value& choice : choices) {
    if (!text.empty()) text += &choice == &choices.back() ? " or " : ", ";
    text += choice.text() ? printable(*choice.text()) : to_json(choice);
  }
  return text;
}

std::string member_names(const Schema& object) {
  std::string names;
  for (const auto& p : object.properties) {
    if (!names.empty()) names += ", ";
    names += p.name;
  }
  return names;
}

enum class Secrets : uint8_t { mask, drop };

std::optional<Value> without(const Value& v, const Schema& s, Secrets how) {
  if (s.format == Format::secret) {
    if (how == Secrets::drop) return std::nullopt;
    Value masked("***");
    masked.where = v.where;
    masked.origin = v.origin;
    return masked;
  }
  Value result = v;
  if (Value::Object* members = result.object(); members != nullptr && !s.open) {
    Value::Object kept;
    for (auto& member : *members) {
      const Schema* schema = property(s, member.key);
      // A misspelt secret is still one: what the schema does not know is not shown.
      if (schema == nullptr) continue;
      if (auto value = without(member.value, *schema, how)) {
        kept.push_back({std::move(member.key), std::move(member.where), *std::move(value)});
      }
    }
    *members = std::move(kept);
  }
  if (Value::Array* list = result.array(); list != nullptr && s.items) {
    Value::Array kept;
    for (Value& entry : *list) {
      if (auto value = without(entry, *s.items, how)) kept.push_back(*std::move(value));
    }
    *list = std::move(kept);
  }
  return result;
}

}  // namespace

std::string expectation(const Schema& s) {
  if (!s.any_of.empty()) {
    std::string text;
    for (const Schema& alternative : s.any_of) {
      if (!text.empty()) text += &alternative == &s.any_of.back() ? " or " : ", ";
      text += expectation(alternative);
    }
    return text;
  }
  if (!s.choices.empty() && s.format == Format::ports)
    return "ports such as 22,80,8000-8010, or " + choice_text(s.choices);
  if (!s.choices.empty()) return (s.choices.size() > 1 ? "one of " : "") + choice_text(s.choices);
  switch (s.format) {
    case Format::duration:
      return with_bounds("a duration", s) + (s.minimum || s.maximum ? "" : " such as 800ms or 2s");
    case Format::bytes:
      return with_bounds("a size", s) + (s.minimum || s.maximum ? "" : " such as 512 or 4KiB");
    case Format::ports:
      return "ports such as 22,80,8000-8010";
    case Format::cidr:
      return "a network such as 192.168.1.0/24";
    case Format::path:
      return "a path";
    case Format::secret:
      return with_count("text", s.min_length, s.max_length, "character", "characters") + ", kept secret";
    case Format::service:
      return "a server such as 192.168.1.1 or 192.168.1.1:53";
    case Format::none:
      break;
  }
  switch (s.type) {
    case SchemaType::boolean:
      return "true or false";
    case SchemaType::integer:
      return with_bounds("a whole number", s);
    case SchemaType::number:
      return with_bounds("a number", s);
    case SchemaType::text:
      return with_count("text", s.min_length, s.max_length, "character", "characters");
    case SchemaType::array: {
      const std::string list = with_count("a list", s.min_items, s.max_items, "entry", "entries");
      if (s.items && s.items->title.empty() && !s.items->properties.empty())
        return list + "; each entry is a mapping of " + member_names(*s.items);
      return s.items && (s.items->type != SchemaType::any || !s.items->any_of.empty())
                 ? list + "; each entry is " + expectation(*s.items)
                 : list;
    }
    case SchemaType::object:
      return s.title.empty() ? "a mapping" : s.title;
    case SchemaType::any:
      break;
  }
  return "any value";
}

bool has_secret(const Schema& s) {
  const auto below = [](const Schema& schema) { return has_secret(schema); };
  return s.format == Format::secret || (s.items && has_secret(*s.items)) ||
         std::any_of(s.any_of.begin(), s.any_of.end(), below) ||
         std::any_of(s.properties.begin(), s.properties.end(), [](const auto& p) { return has_secret(p.schema); });
}

Value redacted(const Value& options, const Schema& schema) {
  return without(options, schema, Secrets::mask).value_or(Value("***"));
}

Value without_secrets(const Value& options, const Schema& schema) {
  return without(options, schema, Secrets::drop).value_or(Value());
}

std::string display(const Value& v, const Schema& s) {
  if (s.format == Format::secret) return "***";
  if (v.text()) return printable(*v.text());
  if (s.format == Format::duration && v.integer()) return format_duration(*v.integer());
  if (s.format == Format::bytes && natural(v)) return format_size(*natural(v));
  if (const Value::Array* list = v.array()) {
    if (s.format == Format::ports &&
        std::all_of(list->begin(), list->end(), [](const Value& p) { return natural(p); })) {
      return port_text(*list);
    }
    std::string text;
    for (const Value& entry : *list) {
      text += (text.empty() ? "" : ",") + (s.items ? display(entry, *s.items) : display(entry, Schema{}));
    }
    return text;
  }
  if (const Value::Object* members = v.object()) {
    std::string text;
    for (const auto& member : *members) {
      const Schema* schema = property(s, member.key);
      if (schema == nullptr && !s.open && !s.properties.empty()) continue;
      text += (text.empty() ? "" : ", ") + printable(member.key) + ": ";
      text += schema != nullptr ? display(member.value, *schema) : display(member.value, Schema{});
    }
    return "{" + text + "}";
  }
  return to_json(v);
}

}  // namespace sonde::core
