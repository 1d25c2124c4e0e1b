// net-snmp, fenced: the few functions of it that code a message. The library keeps users and engine clocks in lists of
// the process; here they are put in for one call and taken out behind it, under one lock. So no state is shared between
// shards or between hosts (two devices with one cloned engine id would spoil each other's clock), and the library never
// opens a socket or file, reads no configuration and writes none: init_snmp() is not called.
#pragma once
#include <mutex>
#include <string>
#include <string_view>

#include "credential.hpp"

namespace sonde::snmp::library {

/// Held around every use of the library.
std::mutex& lock();
/// Sets the library up, once a process. sonde::Failure when it refuses.
void prepare();

/// By the names of the options ("SHA-256", "AES-256"); number 0: this build of the library has none of that name.
Algorithm auth_algorithm(std::string_view name);
Algorithm priv_algorithm(std::string_view name);
/// The key of a pass phrase, not yet localized. Hashes a megabyte. sonde::Failure when the library refuses.
std::string key_of(const Algorithm& auth, const std::string& phrase);

}  // namespace sonde::snmp::library
