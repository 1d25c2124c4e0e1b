// Questions to an agent and its replies, coded by net-snmp. Nothing of net-snmp's own sessions, sockets, retries or
// files is used, and nothing of its state outlives a call: see library.hpp.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common-linux/siphash.hpp"

#include "credential.hpp"
#include "value.hpp"

namespace sonde::snmp {

enum class Operation : uint8_t { get, get_next, get_bulk };

struct Request {
  Operation operation = Operation::get;
  int32_t id = 0;  ///< of the request and, in v3, of the message
  std::vector<Oid> oids;
  uint32_t repetitions = 0;  ///< of get_bulk
};

struct Binding {
  Oid name;
  Value value;
};

/// What a v3 engine says in a Report (RFC 3412, 3414).
enum class Report : uint8_t {
  none,  ///< an ordinary reply
  unknown_engine,
  unknown_user,
  wrong_digest,
  wrong_level,  ///< unsupported security level
  not_in_time,
  decryption,
  other
};
/// "unknown user", for people.
const char* describe(Report report);

struct Reply {
  Report report = Report::none;
  bool authenticated = false;
  int64_t error = 0, error_index = 0;  ///< error-status and error-index
  std::vector<Binding> bindings;
};

// error-status (RFC 3416)
inline constexpr int64_t error_too_big = 1, error_no_such_name = 2, error_authorization = 16;

/// What is known of a v3 engine: its id, and its clock as of `at` (monotonic ns).
struct Engine {
  std::string id;
  uint32_t boots = 0, time = 0;
  int64_t at = 0;
  bool authentic = false;  ///< the clock comes from an authenticated message

  bool known() const { return !id.empty(); }
  uint32_t time_at(int64_t now) const { return time + static_cast<uint32_t>((now - at) / 1'000'000'000); }
};

/// The message to send. sonde::Failure when the library cannot code it.
std::string encode(const Request& request, const Credential& credential, const Engine& engine, int64_t now);

enum class Fate : uint8_t {
  taken,
  broken,   ///< no SNMP message, or one that breaks its rules
  foreign,  ///< of another version, request, engine or user, or weaker protected than the question
  forged    ///< its digest, time or encryption is not right
};

/// A reply to `request`. Fills `reply` when taken, and brings `engine` up to date by what it may believe: an id as long
/// as none is known, the clock from a discovery or an authenticated message.
Fate decode(std::span<const uint8_t> message, const Request& request, const Credential& credential, Engine& engine,
            int64_t now, Reply& reply);

/// A request id that no stranger guesses, as long as nobody knows the key: from that, the target and a number.
int32_t request_id(const net::SipKey& key, std::span<const uint8_t, 16> target, uint32_t number);

}  // namespace sonde::snmp
