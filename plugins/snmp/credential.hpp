// What sonde proves itself with to an agent: a community (v1, v2c), or a user (v3).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::snmp {

enum class Version : uint8_t { v1, v2c, v3 };
enum class Level : uint8_t { none = 1, authenticated = 2, encrypted = 3 };  ///< as net-snmp numbers them

/// A digest or cipher by its name in the options, with what net-snmp calls it.
struct Algorithm {
  int number = 0;  ///< net-snmp's; 0: none
  std::string name;
};

struct Credential {
  Version version = Version::v2c;
  std::string community;
  std::string user;
  Level level = Level::none;
  Algorithm auth, priv;
  /// Keys made of the pass phrases (RFC 3414, A.2), not yet localized to an engine.
  std::string auth_key, priv_key;

  /// "v2c", "v3 user lab": what logs and records may say. Never the secret.
  std::string name() const;
};

/// Nobody: asks a v3 engine who it is.
Credential discovery();

/// What an option block says; absent texts are empty.
struct CredentialText {
  std::string version, community, user, auth_protocol, auth_key, priv_protocol, priv_key;
};

/// Completes one block, of which the schema holds what goes with what. sonde::OptionFailure below the JSON pointer of
/// the block for what the schema cannot say, UNSUPPORTED for what this net-snmp lacks; no text holds a secret.
Credential make_credential(const CredentialText& text, const std::string& pointer);
/// v3 first, each once, the order kept otherwise.
std::vector<Credential> in_order(std::vector<Credential> credentials);

}  // namespace sonde::snmp
