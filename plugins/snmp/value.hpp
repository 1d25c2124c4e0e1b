// What an agent said of an object, and how that is written: text where it is text, else a MAC address, a date or hex.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "oid.hpp"

namespace sonde::snmp {

struct Value {
  enum class Kind : uint8_t {
    absent,   ///< NULL, noSuchObject, noSuchInstance: not there, which is no value
    end,      ///< endOfMibView: nothing comes behind
    integer,  ///< `integer`
    natural,  ///< Counter32, Gauge32, TimeTicks, Counter64: `natural`
    real,     ///< Opaque float and double: `real`
    octets,   ///< OCTET STRING, BITS, Opaque: `octets`
    address,  ///< IpAddress: four octets
    oid       ///< `oid`
  };
  Kind kind = Kind::absent;
  int64_t integer = 0;
  uint64_t natural = 0;
  double real = 0;
  std::string octets;
  Oid oid;

  bool there() const { return kind != Kind::absent && kind != Kind::end; }
};

/// What is known of an object from its definition.
enum class Meaning : uint8_t {
  unknown,
  text,  ///< DisplayString
  mac,   ///< PhysAddress
  date,  ///< DateAndTime
  raw    ///< hex, whatever it looks like
};

/// OCTET STRING for people. Text: UTF-8 without control characters but line breaks and tabs, NULs and blanks at the end
/// cut; else Latin-1 that is mostly ASCII. Six octets that are no text are a MAC address, 8 or 11 that make a valid
/// DateAndTime (RFC 2579) a date, all others hex behind "0x".
std::string octets_text(std::string_view octets, Meaning meaning = Meaning::unknown);
/// The same, where it is text; nothing where it is octets of another kind.
std::optional<std::string> clean_text(std::string_view octets);
/// "AA:BB:CC:DD:EE:FF", of any length.
std::string mac_text(std::string_view octets);
/// "2024-05-01T12:00:00.5+02:00"; empty when it is no valid DateAndTime.
std::string date_text(std::string_view octets);
std::string hex_text(std::string_view octets);
/// An address of 4 or 16 octets, also with the zone of 4 behind it (RFC 4001); empty for any other length.
std::string address_text(std::string_view octets);

/// Any value as text; numbers in decimal. Absent: empty.
std::string value_text(const Value& value, Meaning meaning = Meaning::unknown);
/// Any value as JSON: numbers as numbers, all else as text. Absent: null.
void append_json(std::string& out, const Value& value, Meaning meaning = Meaning::unknown);

}  // namespace sonde::snmp
