// The exported form of a record: one JSON object in the order of the field table, own fields in a group of the plugin.
#include <sonde/plugin.h>

#include "base/utc.hpp"
#include "inventory/record.hpp"

namespace sonde::core {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out += digits[static_cast<uint8_t>(c) >> 4];
    out += digits[static_cast<uint8_t>(c) & 15];
  }
  return out;
}

/// RFC 3339 UTC; the fraction only when there is one.
std::string time_text(int64_t ns) {
  int64_t seconds = ns / 1'000'000'000, fraction = ns % 1'000'000'000;
  if (fraction < 0) seconds -= 1, fraction += 1'000'000'000;
  std::string out = format_utc(seconds, "%Y-%m-%dT%H:%M:%S");
  if (fraction != 0) {
    std::string digits = std::to_string(1'000'000'000 + fraction).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += '.' + digits;
  }
  return out + 'Z';
}

Value scalar_value(const Scalar& s) {
  switch (s.type) {
    case SONDE_BOOL:
      return Value(s.as_bool());
    case SONDE_I64:
      return Value(s.as_i64());
    case SONDE_U64:
      return Value(s.number);
    case SONDE_F64:
      return Value(s.as_f64());
    case SONDE_TEXT:
      return Value(s.text);
    case SONDE_BYTES:
      return Value(hex(s.text));
    case SONDE_TIME:
      return Value(time_text(s.as_i64()));
    case SONDE_IP: {
      std::array<uint8_t, 16> bytes{};
      if (s.text.size() != bytes.size()) return Value();
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(s.text[i]);
      return Value(IpAddress(bytes).to_string());
    }
    case SONDE_JSON: {
      Result<Value> parsed = parse_json(s.text);
      return parsed ? std::move(*parsed) : Value(s.text);
    }
    default:
      return Value();
  }
}

Value field_value(const FoldedField& folded, uint32_t shape) {
  if (shape == SONDE_LIST) {
    Value::Array list;
    list.reserve(folded.items.size());
    for (const FoldedItem& item : folded.items) list.push_back(scalar_value(item.value));
    return Value(std::move(list));
  }
  if (shape == SONDE_MAP) {
    Value::Object map;
    map.reserve(folded.items.size());
    for (const FoldedItem& item : folded.items) map.push_back({item.key, {}, scalar_value(item.value)});
    return Value(std::move(map));
  }
  return folded.items.empty() ? Value() : scalar_value(folded.items.front().value);
}

}  // namespace

Value to_value(const FoldedRecord& record, const FieldTable& fields, bool with_detail) {
  Value::Object out;
  out.reserve(record.fields.size());
  out.push_back({"ip", {}, Value(record.ip.to_string())});
  Value result(std::move(out));
  for (const FoldedField& folded : record.fields) {
    if (folded.field == FieldTable::ip || folded.field >= fields.size()) continue;
    const Field& field = fields[folded.field];
    if (field.detail && !with_detail) continue;
    Value value = field_value(folded, field.shape);
    const std::size_t dot = field.name.find('.');
    if (dot == std::string::npos) {
      result.object()->push_back({field.name, {}, std::move(value)});
      continue;
    }
    const std::string group = field.name.substr(0, dot);
    if (result.find(group) == nullptr) result.set(group, Value(Value::Object{}));
    result.find(group)->set(field.name.substr(dot + 1), std::move(value));
  }
  return result;
}

}  // namespace sonde::core
