// Credentials: what the schema cannot say of them. The keys themselves are made in library.cpp.
#include "credential.hpp"

#include <sonde/plugin.hpp>

#include <algorithm>

#include "library.hpp"

namespace sonde::snmp {
namespace {

constexpr size_t longest_user = 32, longest_community = 255;

/// The schema counts characters, the protocol octets.
void check_octets(const std::string& text, size_t most, const std::string& pointer) {
  if (text.size() > most)
    throw OptionFailure(
        pointer, "takes at most " + std::to_string(most) + " octets of UTF-8, found " + std::to_string(text.size()));
}

Credential make_user(const CredentialText& text, const std::string& pointer) {
  Credential out;
  out.version = Version::v3;
  out.user = text.user;
  check_octets(text.user, longest_user, pointer + "/user");
  if (text.auth_key.empty()) return out;
  out.level = Level::authenticated;
  out.auth = library::auth_algorithm(text.auth_protocol.empty() ? "SHA" : text.auth_protocol);
  if (out.auth.number == 0) throw Failure(SONDE_E_UNSUPPORTED, "this net-snmp has no digest " + text.auth_protocol);
  out.auth_key = library::key_of(out.auth, text.auth_key);
  if (text.priv_key.empty()) return out;
  out.level = Level::encrypted;
  out.priv = library::priv_algorithm(text.priv_protocol.empty() ? "AES" : text.priv_protocol);
  if (out.priv.number == 0) throw Failure(SONDE_E_UNSUPPORTED, "this net-snmp has no cipher " + text.priv_protocol);
  out.priv_key = library::key_of(out.auth, text.priv_key);
  return out;
}

bool same(const Credential& a, const Credential& b) {
  return a.version == b.version && a.community == b.community && a.user == b.user && a.level == b.level &&
         a.auth.number == b.auth.number && a.priv.number == b.priv.number && a.auth_key == b.auth_key &&
         a.priv_key == b.priv_key;
}

}  // namespace

std::string Credential::name() const {
  if (version != Version::v3) return version == Version::v1 ? "v1" : "v2c";
  return "v3 user " + user;
}

Credential discovery() {
  Credential nobody;
  nobody.version = Version::v3;
  return nobody;
}

Credential make_credential(const CredentialText& text, const std::string& pointer) {
  if (!text.user.empty()) return make_user(text, pointer);
  check_octets(text.community, longest_community, pointer + "/community");
  Credential out;
  out.version = text.version == "1" ? Version::v1 : Version::v2c;
  out.community = text.community;
  return out;
}

std::vector<Credential> in_order(std::vector<Credential> credentials) {
  std::stable_partition(credentials.begin(), credentials.end(),
                        [](const Credential& c) { return c.version == Version::v3; });
  std::vector<Credential> out;
  for (Credential& c : credentials)
    if (std::none_of(out.begin(), out.end(), [&](const Credential& known) { return same(known, c); }))
      out.push_back(std::move(c));
  return out;
}

}  // namespace sonde::snmp
