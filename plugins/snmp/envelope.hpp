// The outside of a message, read before any library sees it: a message that is not built as RFC 1157, 3416 and 3412
// say, to the last length, goes no further.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sonde::snmp {

inline constexpr uint8_t tag_response = 0xa2, tag_report = 0xa8;
/// More than any answer to a question of ours has.
inline constexpr size_t most_bindings = 512;

struct Envelope {
  enum class Version : uint8_t { v1 = 0, v2c = 1, v3 = 3 };
  Version version = Version::v2c;
  uint8_t pdu = 0;         ///< the tag; 0: encrypted
  int64_t request_id = 0;  ///< of v1, v2c, and v3 that is not encrypted
  // v3 alone
  int64_t message_id = 0;
  uint8_t flags = 0;  ///< 1 authenticated, 2 encrypted, 4 wants a report
  std::string engine_id;
  uint32_t boots = 0, time = 0;
  std::string user;

  bool authenticated() const { return (flags & 1) != 0; }
  bool encrypted() const { return (flags & 2) != 0; }
};

/// Nothing: the message is broken (a length that leads outside, a tag that does not belong there, numbers out of their
/// range, more than most_bindings, anything behind the end). Lengths need not be minimal, since many agents' are not.
std::optional<Envelope> read_envelope(std::span<const uint8_t> message);

}  // namespace sonde::snmp
