// Setting net-snmp up without init_snmp(), which would read configuration and MIB folders, look for certificates and
// leave an engine id behind: the user-based security module alone, and logs that go nowhere.
#include "library.hpp"

// net-snmp needs this order.
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/keytools.h>
#include <net-snmp/library/scapi.h>
#include <net-snmp/library/snmpusm.h>
#include <net-snmp/library/snmpv3.h>

#include <sonde/plugin.hpp>

namespace sonde::snmp::library {
namespace {

bool set_up() {
  const std::lock_guard<std::mutex> held(lock());
  // It logs wrong digests with the user's name, to stderr: what is worth saying is said by outcomes.
  if (netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_DEBUG) == nullptr) return false;
  for (int setting :
       {NETSNMP_DS_LIB_DONT_READ_CONFIGS, NETSNMP_DS_LIB_DONT_PERSIST_STATE, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD,
        NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, NETSNMP_DS_LIB_DISABLE_CONFIG_LOAD, NETSNMP_DS_LIB_NO_DISCOVERY})
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, setting, 1);
  netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_APPTYPE, "sonde");  // init_usm() reads it unchecked
  init_callbacks();
  netsnmp_session session;
  snmp_sess_init(&session);
  init_usm();
  // An engine id of its own is asked for wherever a clock is checked; it never leaves this process.
  if (setup_engineID(nullptr, "sonde") <= 0) return false;
  // What init_snmp() would call: the salts of encryption, and the user without a name that discovery needs.
  return snmp_call_callbacks(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_POST_PREMIB_READ_CONFIG, nullptr) == SNMPERR_SUCCESS;
}

}  // namespace

std::mutex& lock() {
  static std::mutex mutex;
  return mutex;
}

void prepare() {
  static const bool ready = set_up();
  if (!ready) throw Failure(SONDE_E_FATAL, "net-snmp could not be set up");
}

Algorithm auth_algorithm(std::string_view name) {
  prepare();
  const int number = usm_lookup_auth_type(std::string(name).c_str());
  return {number > 0 ? number : 0, std::string(name)};
}

Algorithm priv_algorithm(std::string_view name) {
  prepare();
  const int number = usm_lookup_priv_type(std::string(name).c_str());
  return {number > 0 ? number : 0, std::string(name)};
}

std::string key_of(const Algorithm& auth, const std::string& phrase) {
  prepare();
  const std::lock_guard<std::mutex> held(lock());
  size_t oid_size = 0, size = USM_AUTH_KU_LEN;
  const oid* digest = sc_get_auth_oid(auth.number, &oid_size);
  std::string key(size, '\0');
  const auto* text = reinterpret_cast<const u_char*>(phrase.data());
  if (digest == nullptr || generate_Ku(digest, static_cast<u_int>(oid_size), text, phrase.size(),
                                       reinterpret_cast<u_char*>(key.data()), &size) != SNMPERR_SUCCESS)
    throw Failure(SONDE_E_FATAL, "net-snmp cannot make a key with " + auth.name);
  key.resize(size);
  return key;
}

}  // namespace sonde::snmp::library
