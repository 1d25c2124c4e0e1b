// Messages through net-snmp's snmp_build() and snmp_parse(), which the library exports for this. What it does with a
// session (probing for engines, answering reports, resending) is not used.
#include "message.hpp"

// net-snmp needs this order.
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/lcd_time.h>
#include <net-snmp/library/scapi.h>
#include <net-snmp/library/snmpusm.h>

#include <sonde/plugin.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

#include "../common-linux/siphash.hpp"
#include "envelope.hpp"
#include "library.hpp"

namespace sonde::snmp {
namespace {

struct FreePdu {
  void operator()(netsnmp_pdu* pdu) const { snmp_free_pdu(pdu); }
};
using Pdu = std::unique_ptr<netsnmp_pdu, FreePdu>;

/// A user and the clock of an engine, in the lists of the library for as long as this lives. The lock is held.
class Guest {
 public:
  Guest(netsnmp_session& session, const Credential& credential, const Engine& engine, int64_t now) {
    if (!engine.known() || credential.version != Version::v3) return;
    id_ = engine.id;
    if (engine.authentic || credential.level != Level::none)
      set_enginetime(id(), static_cast<u_int>(id_.size()), engine.boots, engine.time_at(now),
                     static_cast<u_int>(engine.authentic));
    user_name_ = credential.user;
    fill(session, credential);
    good_ = usm_create_user_from_session(&session) == SNMPERR_SUCCESS;
    // What the session points to is ours.
    session.securityEngineID = nullptr;
    session.securityName = nullptr;
    session.securityAuthProto = session.securityPrivProto = nullptr;
  }
  ~Guest() {
    free_enginetime(reinterpret_cast<u_char*>(seen_.data()), seen_.size());
    if (id_.empty()) return;
    if (usmUser* user = usm_get_user(id(), id_.size(), user_name_.c_str()); user != nullptr && !user_name_.empty()) {
      usm_remove_user(user);
      usm_free_user(user);
    }
    free_enginetime(id(), id_.size());
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  bool good() const { return good_; }
  /// The library keeps a clock of each engine that it reads of.
  void forget(const std::string& engine_id) { seen_ = engine_id; }

 private:
  u_char* id() { return reinterpret_cast<u_char*>(id_.data()); }
  void fill(netsnmp_session& session, const Credential& credential) {
    static oid no_digest[] = {1, 3, 6, 1, 6, 3, 10, 1, 1, 1}, no_cipher[] = {1, 3, 6, 1, 6, 3, 10, 1, 2, 1};
    session.securityModel = SNMP_SEC_MODEL_USM;
    session.securityEngineID = id();
    session.securityEngineIDLen = id_.size();
    session.securityName = user_name_.data();
    session.securityNameLen = user_name_.size();
    session.securityAuthProto = no_digest;
    session.securityAuthProtoLen = std::size(no_digest);
    session.securityPrivProto = no_cipher;
    session.securityPrivProtoLen = std::size(no_cipher);
    if (credential.auth.number != 0) {
      session.securityAuthProto = sc_get_auth_oid(credential.auth.number, &session.securityAuthProtoLen);
      session.securityAuthKeyLen = std::min(credential.auth_key.size(), sizeof session.securityAuthKey);
      std::memcpy(session.securityAuthKey, credential.auth_key.data(), session.securityAuthKeyLen);
    }
    if (credential.priv.number != 0) {
      session.securityPrivProto = sc_get_priv_oid(credential.priv.number, &session.securityPrivProtoLen);
      session.securityPrivKeyLen = std::min(credential.priv_key.size(), sizeof session.securityPrivKey);
      std::memcpy(session.securityPrivKey, credential.priv_key.data(), session.securityPrivKeyLen);
    }
  }

  std::string id_, user_name_, seen_;
  bool good_ = true;
};

long library_version(Version version) {
  return version == Version::v1 ? SNMP_VERSION_1 : version == Version::v2c ? SNMP_VERSION_2c : SNMP_VERSION_3;
}

/// A copy that snmp_free_pdu() may free.
template <class T>
T* copy_of(const std::string& text) {
  auto* copy = static_cast<T*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

Pdu make_pdu(const Request& request, const Credential& credential, const Engine& engine) {
  const int command = request.operation == Operation::get        ? SNMP_MSG_GET
                      : request.operation == Operation::get_next ? SNMP_MSG_GETNEXT
                                                                 : SNMP_MSG_GETBULK;
  Pdu pdu(snmp_pdu_create(command));
  if (!pdu) throw std::bad_alloc();
  pdu->version = library_version(credential.version);
  pdu->reqid = pdu->msgid = request.id;
  pdu->flags |= UCD_MSG_FLAG_EXPECT_RESPONSE;
  if (request.operation == Operation::get_bulk) {
    pdu->non_repeaters = 0;
    pdu->max_repetitions = static_cast<long>(request.repetitions);
  }
  if (credential.version != Version::v3) {
    pdu->community = copy_of<u_char>(credential.community);
    pdu->community_len = credential.community.size();
  } else {
    pdu->securityModel = SNMP_SEC_MODEL_USM;
    pdu->securityLevel = static_cast<int>(credential.level);
    pdu->securityName = copy_of<char>(credential.user);
    pdu->securityNameLen = credential.user.size();
    pdu->contextName = copy_of<char>(std::string());
    if (engine.known()) {
      pdu->securityEngineID = copy_of<u_char>(engine.id);
      pdu->contextEngineID = copy_of<u_char>(engine.id);
      pdu->securityEngineIDLen = pdu->contextEngineIDLen = engine.id.size();
    }
  }
  for (const Oid& name : request.oids) {
    const std::vector<oid> wide(name.begin(), name.end());
    if (snmp_add_null_var(pdu.get(), wide.data(), wide.size()) == nullptr) throw std::bad_alloc();
  }
  return pdu;
}

Report report_of(netsnmp_pdu* pdu) {
  switch (snmpv3_get_report_type(pdu)) {
    case SNMPERR_UNKNOWN_ENG_ID:
      return Report::unknown_engine;
    case SNMPERR_UNKNOWN_USER_NAME:
      return Report::unknown_user;
    case SNMPERR_AUTHENTICATION_FAILURE:
      return Report::wrong_digest;
    case SNMPERR_UNSUPPORTED_SEC_LEVEL:
      return Report::wrong_level;
    case SNMPERR_NOT_IN_TIME_WINDOW:
      return Report::not_in_time;
    case SNMPERR_DECRYPTION_ERR:
      return Report::decryption;
    default:
      return Report::other;
  }
}

Value number(uint64_t value) {
  Value out;
  out.kind = Value::Kind::natural;
  out.natural = value;
  return out;
}

Value octets(Value::Kind kind, const netsnmp_variable_list& from) {
  Value out;
  out.kind = kind;
  if (from.val.string != nullptr) out.octets.assign(reinterpret_cast<const char*>(from.val.string), from.val_len);
  return out;
}

Oid narrow(const oid* from, size_t size) {
  Oid out;
  out.reserve(size);
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<uint32_t>(from[i]));
  return out;
}

Value value_of(const netsnmp_variable_list& from) {
  Value out;
  if (from.type == SNMP_ENDOFMIBVIEW) out.kind = Value::Kind::end;
  if (from.val.string == nullptr) return out;
  switch (from.type) {
    case ASN_INTEGER:
      out.kind = Value::Kind::integer;
      out.integer = *from.val.integer;
      return out;
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
    case ASN_UINTEGER:
      return number(static_cast<uint32_t>(*from.val.integer));
    case ASN_COUNTER64:
    case ASN_OPAQUE_COUNTER64:
    case ASN_OPAQUE_U64:
      return number(uint64_t{from.val.counter64->high} << 32 | static_cast<uint32_t>(from.val.counter64->low));
    case ASN_OPAQUE_I64:
      out.kind = Value::Kind::integer;
      out.integer = static_cast<int64_t>(uint64_t{from.val.counter64->high} << 32 |
                                         static_cast<uint32_t>(from.val.counter64->low));
      return out;
    case ASN_OPAQUE_FLOAT:
      out.kind = Value::Kind::real;
      out.real = static_cast<double>(*from.val.floatVal);
      return out;
    case ASN_OPAQUE_DOUBLE:
      out.kind = Value::Kind::real;
      out.real = *from.val.doubleVal;
      return out;
    case ASN_IPADDRESS:
      return octets(from.val_len == 4 ? Value::Kind::address : Value::Kind::octets, from);
    case ASN_OBJECT_ID:
      out.kind = Value::Kind::oid;
      out.oid = narrow(from.val.objid, from.val_len / sizeof(oid));
      return out;
    case ASN_OCTET_STR:
    case ASN_BIT_STR:
    case ASN_OPAQUE:
    case ASN_NSAP:
      return octets(Value::Kind::octets, from);
    default:  // the exceptions, and what no standard knows
      return out;
  }
}

bool weaker(const netsnmp_pdu& pdu, const Request& request, const Credential& credential, const Engine& engine) {
  return pdu.reqid != request.id || pdu.securityLevel != static_cast<int>(credential.level) ||
         std::string_view(pdu.securityName, pdu.securityNameLen) != credential.user ||
         std::string_view(reinterpret_cast<const char*>(pdu.securityEngineID), pdu.securityEngineIDLen) != engine.id;
}

/// What the message itself must be before its content is looked at.
bool belongs(const Envelope& envelope, const Request& request, const Credential& credential, const Engine& engine) {
  if (credential.version != Version::v3)
    return static_cast<int>(envelope.version) == (credential.version == Version::v1 ? 0 : 1) &&
           envelope.request_id == request.id && envelope.pdu == tag_response;
  if (envelope.version != Envelope::Version::v3 || envelope.message_id != request.id) return false;
  if (envelope.pdu == tag_response &&
      static_cast<int>(envelope.authenticated()) + envelope.encrypted() + 1 != static_cast<int>(credential.level))
    return false;
  constexpr size_t shortest_engine_id = 5;
  return engine.known() ? envelope.engine_id == engine.id || envelope.pdu == tag_report
                        : envelope.engine_id.size() >= shortest_engine_id;
}

Fate fate_of(int error) {
  switch (error) {
    case SNMPERR_USM_AUTHENTICATIONFAILURE:
    case SNMPERR_USM_NOTINTIMEWINDOW:
    case SNMPERR_USM_DECRYPTIONERROR:
    case SNMPERR_USM_ENCRYPTIONERROR:
      return Fate::forged;
    case SNMPERR_USM_UNKNOWNSECURITYNAME:
    case SNMPERR_USM_UNKNOWNENGINEID:
    case SNMPERR_USM_UNSUPPORTEDSECURITYLEVEL:
      return Fate::foreign;
    default:
      return Fate::broken;
  }
}

}  // namespace

const char* describe(Report report) {
  switch (report) {
    case Report::none:
      return "no report";
    case Report::unknown_engine:
      return "unknown engine id";
    case Report::unknown_user:
      return "unknown user";
    case Report::wrong_digest:
      return "wrong auth_key or auth_protocol";
    case Report::wrong_level:
      return "security level not permitted";
    case Report::not_in_time:
      return "not in its time window";
    case Report::decryption:
      return "wrong priv_key or priv_protocol";
    case Report::other:
      break;
  }
  return "refused with another report";
}

std::string encode(const Request& request, const Credential& credential, const Engine& engine, int64_t now) {
  library::prepare();
  const std::lock_guard<std::mutex> held(library::lock());
  netsnmp_session session;
  snmp_sess_init(&session);
  session.version = library_version(credential.version);
  const Pdu pdu = make_pdu(request, credential, engine);
  pdu->msgMaxSize = static_cast<long>(session.rcvMsgMaxSize);
  const Guest guest(session, credential, engine, now);
  size_t capacity = 2048, size = 0;
  auto* buffer = static_cast<u_char*>(std::malloc(capacity));
  if (buffer == nullptr) throw std::bad_alloc();
  // It writes from the end to the front, and may move the buffer.
  const bool built = guest.good() && snmp_build(&buffer, &capacity, &size, &session, pdu.get()) == 0 && size > 0;
  std::string out;
  if (built) out.assign(reinterpret_cast<const char*>(buffer) + capacity - size, size);
  std::free(buffer);
  if (!built)
    throw Failure(SONDE_E_FATAL,
                  std::string("net-snmp cannot code the question: ") + snmp_api_errstring(session.s_snmp_errno));
  return out;
}

Fate decode(std::span<const uint8_t> message, const Request& request, const Credential& credential, Engine& engine,
            int64_t now, Reply& reply) {
  const auto envelope = read_envelope(message);
  if (!envelope) return Fate::broken;
  if (!belongs(*envelope, request, credential, engine)) return Fate::foreign;

  library::prepare();
  const std::lock_guard<std::mutex> held(library::lock());
  netsnmp_session session;
  snmp_sess_init(&session);
  session.version = library_version(credential.version);
  const Pdu pdu(snmp_pdu_create(SNMP_MSG_RESPONSE));
  if (!pdu) throw std::bad_alloc();
  Guest guest(session, credential, engine, now);
  guest.forget(envelope->engine_id);
  std::vector<u_char> copy(message.begin(), message.end());  // decryption may write into it
  const int error = snmp_parse(nullptr, &session, pdu.get(), copy.data(), copy.size());
  if (!guest.good() || error != 0) return fate_of(error);
  const bool is_report = pdu->command == SNMP_MSG_REPORT;
  if (pdu->command != SNMP_MSG_RESPONSE && !is_report) return Fate::foreign;

  reply = {};
  if (credential.version == Version::v3) {
    if (!is_report && weaker(*pdu, request, credential, engine)) return Fate::foreign;
    if (is_report) reply.report = report_of(pdu.get());
    reply.authenticated = envelope->authenticated();
    if (!engine.known()) engine = {envelope->engine_id, envelope->boots, envelope->time, now, false};
    if (reply.authenticated) engine = {engine.id, envelope->boots, envelope->time, now, true};
  }
  reply.error = pdu->errstat;
  reply.error_index = pdu->errindex;
  for (const netsnmp_variable_list* v = pdu->variables; v != nullptr; v = v->next_variable) {
    if (reply.bindings.size() == most_bindings) return Fate::broken;
    reply.bindings.push_back({narrow(v->name, v->name_length), value_of(*v)});
  }
  return Fate::taken;
}

int32_t request_id(const net::SipKey& key, std::span<const uint8_t, 16> target, uint32_t number) {
  uint8_t message[20];
  std::copy(target.begin(), target.end(), message);
  std::memcpy(message + 16, &number, sizeof number);
  const uint64_t hash = net::siphash(key, message);
  return static_cast<int32_t>(hash & 0x7fffffff) | 1;  // some agents take 0 for none
}

}  // namespace sonde::snmp
