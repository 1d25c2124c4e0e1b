// Rows of a table as JSON: members that are empty or not there are left out.
#pragma once
#include <sonde/json_writer.hpp>

#include <string>
#include <string_view>

#include "walk.hpp"

namespace sonde::snmp {

class JsonRows {
 public:
  void begin() {
    out_ += out_.size() > 1 ? ",{" : "{";
    first_ = true;
  }
  void end() { out_ += '}'; }
  void text(std::string_view name, const std::string& value) {
    if (value.empty()) return;
    member(name);
    json::append_text(out_, value);
  }
  void number(std::string_view name, uint64_t value) {
    member(name);
    out_ += std::to_string(value);
  }
  std::string finish() { return out_ + ']'; }

 private:
  void member(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    ((out_ += '"') += name) += "\":";
  }
  std::string out_ = "[";
  bool first_ = true;
};

/// The cell of that index; a value that is not there where the column has none.
inline const Value& cell(const Walk::Cells& column, const Oid& index) {
  static const Value none;
  const auto found = column.find(index);
  return found == column.end() ? none : found->second;
}
/// A whole number that is not negative; 0 for all else.
inline uint64_t natural_of(const Value& value) {
  if (value.kind == Value::Kind::natural) return value.natural;
  return value.kind == Value::Kind::integer && value.integer > 0 ? static_cast<uint64_t>(value.integer) : 0;
}
/// The word for a number from 1 on; the number itself where there is no word, empty for 0.
template <size_t n>
std::string word_of(const Value& value, const std::string_view (&words)[n]) {
  const uint64_t number = natural_of(value);
  if (number == 0) return {};
  return number <= n ? std::string(words[number - 1]) : std::to_string(number);
}

/// Octets that an index spells out, a number each; empty when one is no octet.
inline std::string octets_of(const Oid& index, size_t from, size_t count) {
  std::string out;
  if (from + count > index.size()) return {};
  for (size_t i = from; i < from + count; ++i) {
    if (index[i] > 255) return {};
    out += static_cast<char>(index[i]);
  }
  return out;
}

// tables_*.cpp, each of columns in the order that tables.cpp names
std::string interfaces_json(const std::vector<Walk::Cells>& cells);
std::string addresses_json(const std::vector<Walk::Cells>& cells);
std::string arp_json(const std::vector<Walk::Cells>& cells);
std::string entity_json(const std::vector<Walk::Cells>& cells);
std::string lldp_json(const std::vector<Walk::Cells>& cells);

}  // namespace sonde::snmp
