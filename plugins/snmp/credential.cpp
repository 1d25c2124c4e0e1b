// Credentials: the rules of what belongs together. The keys themselves are made in library.cpp.
#include "credential.hpp"

#include <sonde/plugin.hpp>

#include <algorithm>

#include "library.hpp"

namespace sonde::snmp {
namespace {

constexpr size_t shortest_phrase = 8;  // RFC 3414, 11.2
constexpr size_t longest_user = 32, longest_community = 255;

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Failure(SONDE_E_CONFIG, where + ": " + why);
}

void check_phrase(const std::string& phrase, const std::string& option, const std::string& where) {
  if (phrase.size() < shortest_phrase)
    refuse(where, option + " has " + std::to_string(phrase.size()) +
                      " characters; SNMPv3 wants at least 8, and agents refuse shorter ones");
}

Credential make_user(const CredentialText& text, const std::string& where) {
  Credential out;
  out.version = Version::v3;
  out.user = text.user;
  if (text.user.size() > longest_user) refuse(where, "a user's name has at most 32 characters");
  if (text.auth_key.empty()) {
    if (!text.priv_key.empty()) refuse(where, "priv_key without auth_key: SNMPv3 encrypts nothing unauthenticated");
    if (!text.auth_protocol.empty() || !text.priv_protocol.empty())
      refuse(where, "a protocol is named, and no key: add auth_key, or leave the protocols out");
    return out;
  }
  check_phrase(text.auth_key, "auth_key", where);
  out.level = Level::authenticated;
  out.auth = library::auth_algorithm(text.auth_protocol.empty() ? "SHA" : text.auth_protocol);
  if (out.auth.number == 0) refuse(where, "this net-snmp has no digest " + text.auth_protocol);
  out.auth_key = library::key_of(out.auth, text.auth_key);
  if (text.priv_key.empty()) {
    if (!text.priv_protocol.empty()) refuse(where, "priv_protocol without priv_key: add the key, or leave it out");
    return out;
  }
  check_phrase(text.priv_key, "priv_key", where);
  out.level = Level::encrypted;
  out.priv = library::priv_algorithm(text.priv_protocol.empty() ? "AES" : text.priv_protocol);
  if (out.priv.number == 0) refuse(where, "this net-snmp has no cipher " + text.priv_protocol);
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

Credential make_credential(const CredentialText& text, const std::string& where) {
  const bool user_given = !text.user.empty() || !text.auth_key.empty() || !text.priv_key.empty() ||
                          !text.auth_protocol.empty() || !text.priv_protocol.empty();
  if (user_given && text.user.empty()) refuse(where, "a key or protocol of SNMPv3 without its user");
  if (user_given && !text.community.empty())
    refuse(where, "a community and a user are two credentials: write both as entries of `credentials`");
  if (user_given) {
    if (text.version == "1" || text.version == "2c") refuse(where, "a user goes with version 3, not " + text.version);
    return make_user(text, where);
  }
  if (text.version == "3") refuse(where, "version 3 needs a user; a community goes with version 1 or 2c");
  if (text.community.empty()) refuse(where, "neither a community nor a user");
  if (text.community.size() > longest_community) refuse(where, "a community has at most 255 characters");
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
