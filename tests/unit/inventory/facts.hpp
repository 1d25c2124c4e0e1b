// Short words for facts and records, so that tests read as input, act, expectation.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "inventory/record.hpp"

namespace sonde::core {

inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

inline Fact fact(uint8_t stage, FieldId field, Scalar value, std::string key = {}) {
  return {field, stage, std::move(key), std::move(value)};
}
inline Scalar text(std::string s) {
  return Scalar::of(std::move(s));
}
inline Scalar number(uint64_t n) {
  return Scalar::of(n);
}

/// Stages: 0 arp-oui, 1 icmp, 2 tcp-banner, 3 rdns, 4 nmap-xml, 5 snmp.
inline FoldContext context(const FieldTable& fields) {
  return {&fields,
          {"arp-oui", "icmp", "tcp-banner", "rdns", "nmap-xml", "snmp"},
          {true, true, true, false, true, true},
          {}};
}

/// The exported JSON of a record.
inline std::string json_of(const HostRecord& host, const FoldContext& context, bool detail = false) {
  return to_json(to_value(fold(host, context), *context.fields, detail));
}

}  // namespace sonde::core
