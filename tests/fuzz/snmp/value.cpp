// Octets as text, by every meaning, and OIDs: valid UTF-8 without what a terminal would obey, and OIDs that lead back.
#include "value.hpp"

#include <sonde/json_writer.hpp>

using namespace sonde::snmp;

namespace {

void check(const std::string& text) {
  for (size_t i = 0; i < text.size();) {
    uint32_t code = 0;
    const size_t length = sonde::json::detail::decode(std::string_view(text).substr(i), code);
    if (length == 0) __builtin_trap();
    if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') || (code >= 0x7f && code < 0xa0))
      __builtin_trap();
    i += length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string octets(reinterpret_cast<const char*>(data), size);
  for (Meaning meaning : {Meaning::unknown, Meaning::text, Meaning::mac, Meaning::date, Meaning::raw}) {
    check(octets_text(octets, meaning));
    for (Value::Kind kind : {Value::Kind::octets, Value::Kind::address}) {
      Value value;
      value.kind = kind;
      value.octets = octets;
      std::string json;
      append_json(json, value, meaning);
      check(value_text(value, meaning));
      if (json.size() < 2 || json.front() != '"' || json.back() != '"') __builtin_trap();
    }
  }
  if (const auto oid = parse_oid(octets)) {
    if (parse_oid(to_text(*oid)) != oid || oid->size() > longest_oid) __builtin_trap();
  }
  return 0;
}
