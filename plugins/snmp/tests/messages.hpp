// For tests: SNMP messages written by hand, so that the parser is not tested against its own library.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "oid.hpp"

namespace sonde::snmp::wire {

inline std::string tlv(uint8_t tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    out += '\x82';
    out += static_cast<char>(content.size() >> 8);
    out += static_cast<char>(content.size() & 0xff);
  }
  return out + content;
}
inline std::string number(int64_t value, uint8_t tag = 0x02) {
  std::string out;
  for (int shift = 32; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
  // Minimal: leading octets that only repeat the sign go.
  while (out.size() > 1 && ((out[0] == 0 && (out[1] & 0x80) == 0) || (out[0] == -1 && (out[1] & 0x80) != 0)))
    out.erase(0, 1);
  return tlv(tag, out);
}
inline std::string text(const std::string& value) {
  return tlv(0x04, value);
}
inline std::string oid_content(std::string_view dotted) {
  const Oid oid = parse_oid(dotted).value();
  std::string out(1, static_cast<char>(oid[0] * 40 + oid[1]));
  for (size_t i = 2; i < oid.size(); ++i) {
    std::string part(1, static_cast<char>(oid[i] & 0x7f));
    for (uint32_t rest = oid[i] >> 7; rest != 0; rest >>= 7) part.insert(0, 1, static_cast<char>(0x80 | (rest & 0x7f)));
    out += part;
  }
  return out;
}
inline std::string name(std::string_view dotted) {
  return tlv(0x06, oid_content(dotted));
}
inline std::string binding(std::string_view oid, const std::string& value) {
  return tlv(0x30, name(oid) + value);
}
inline std::string pdu(uint8_t tag, int64_t id, int64_t error, int64_t index, const std::string& bindings) {
  return tlv(tag, number(id) + number(error) + number(index) + tlv(0x30, bindings));
}
inline std::string community_message(int version, const std::string& community, const std::string& content) {
  return tlv(0x30, number(version) + text(community) + content);
}
/// v2c, a Response.
inline std::string response(int64_t id, const std::string& bindings, int64_t error = 0, int64_t index = 0) {
  return community_message(1, "public", pdu(0xa2, id, error, index, bindings));
}
/// v3 without authentication.
inline std::string v3_message(int64_t id, const std::string& engine, const std::string& user,
                              const std::string& content, char flags = 0, int64_t boots = 7, int64_t time = 1000) {
  const std::string header = tlv(0x30, number(id) + number(65507) + text(std::string(1, flags)) + number(3));
  const std::string usm = tlv(0x30, text(engine) + number(boots) + number(time) + text(user) + text("") + text(""));
  return tlv(0x30, number(3) + header + text(usm) + tlv(0x30, text(engine) + text("") + content));
}
inline const std::string engine_id("\x80\x00\x1f\x88\x04sonde-lab", 14);
/// A Report whose counter is usmStats.`which`: 3 unknown user, 4 unknown engine, 5 wrong digest.
inline std::string report(int64_t id, int which, const std::string& user = "") {
  const std::string counter = "1.3.6.1.6.3.15.1.1." + std::to_string(which) + ".0";
  return v3_message(id, engine_id, user, pdu(0xa8, 0, 0, 0, binding(counter, number(42, 0x41))));
}

/// A question as an agent sees it.
struct Asked {
  int version = -1;
  std::string community;  ///< v3: the engine id
  uint8_t tag = 0;        ///< 0xa0 GET, 0xa1 GETNEXT, 0xa5 GETBULK
  int64_t id = 0, repetitions = 0;
  std::vector<std::string> oids;
};

/// The content of the element at `at`, which moves behind it.
inline std::string element(const std::string& from, size_t& at, uint8_t* tag = nullptr) {
  const auto octet = [&](size_t i) { return static_cast<uint8_t>(from.at(i)); };
  if (tag != nullptr) *tag = octet(at);
  size_t length = octet(++at);
  ++at;
  if (length >= 0x80) {
    size_t count = length & 0x7f;
    for (length = 0; count > 0; --count) length = length << 8 | octet(at++);
  }
  at += length;
  return from.substr(at - length, length);
}
inline int64_t integer(const std::string& content) {
  int64_t value = !content.empty() && (content[0] & 0x80) != 0 ? -1 : 0;
  for (char c : content) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}
inline std::string dotted(const std::string& content) {
  Oid oid = {static_cast<uint8_t>(content.at(0)) / 40u, static_cast<uint8_t>(content.at(0)) % 40u};
  uint32_t part = 0;
  for (size_t i = 1; i < content.size(); ++i) {
    part = part << 7 | (static_cast<uint8_t>(content[i]) & 0x7f);
    if ((content[i] & 0x80) != 0) continue;
    oid.push_back(part);
    part = 0;
  }
  return to_text(oid);
}
inline Asked read_question(const std::string& message) {
  Asked out;
  size_t at = 0;
  const std::string outside = element(message, at);
  at = 0;
  out.version = static_cast<int>(integer(element(outside, at)));
  if (out.version == 3) {
    const std::string header = element(outside, at);
    size_t inside = 0;
    out.id = integer(element(header, inside));
    const std::string usm = element(outside, at);
    inside = 0;
    const std::string parameters = element(usm, inside);
    inside = 0;
    out.community = element(parameters, inside);
    return out;
  }
  out.community = element(outside, at);
  const std::string content = element(outside, at, &out.tag);
  at = 0;
  out.id = integer(element(content, at));
  element(content, at);
  out.repetitions = integer(element(content, at));
  const std::string list = element(content, at);
  for (at = 0; at < list.size();) {
    const std::string one = element(list, at);
    size_t inside = 0;
    out.oids.push_back(dotted(element(one, inside)));
  }
  return out;
}

}  // namespace sonde::snmp::wire
