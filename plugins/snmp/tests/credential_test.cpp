// What belongs together, in which order, and that no message gives a secret away.
#include "credential.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.hpp>

namespace sonde::snmp {
namespace {

std::string refusal(const CredentialText& text) {
  try {
    make_credential(text, "credentials, entry 0");
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), SONDE_E_CONFIG);
    return failure.what();
  }
  return "accepted";
}

TEST(Credential, Community) {
  const Credential c = make_credential({"auto", "s3cret", "", "", "", "", ""}, "x");
  EXPECT_EQ(c.version, Version::v2c);
  EXPECT_EQ(c.community, "s3cret");
  EXPECT_EQ(c.name(), "v2c");
  EXPECT_EQ(make_credential({"1", "s3cret", "", "", "", "", ""}, "x").version, Version::v1);
}
TEST(Credential, UserWithWhatItHas) {
  const Credential open = make_credential({"3", "", "lab", "", "", "", ""}, "x");
  EXPECT_EQ(open.level, Level::none);
  EXPECT_EQ(open.name(), "v3 user lab");
  const Credential signs = make_credential({"auto", "", "lab", "SHA-256", "labauthpass", "", ""}, "x");
  EXPECT_EQ(signs.level, Level::authenticated);
  EXPECT_EQ(signs.auth_key.size(), 32u);
  const Credential seals = make_credential({"", "", "lab", "", "labauthpass", "", "labprivpass"}, "x");
  EXPECT_EQ(seals.level, Level::encrypted);
  EXPECT_EQ(seals.auth.name, "SHA");
  EXPECT_EQ(seals.priv.name, "AES");
  EXPECT_NE(seals.priv_key, seals.auth_key);
}
TEST(Credential, Refusals) {
  EXPECT_EQ(refusal({"", "", "lab", "", "hunter2", "", ""}),
            "credentials, entry 0: auth_key has 7 characters; SNMPv3 wants at least 8, and agents refuse shorter ones");
  EXPECT_EQ(refusal({"", "", "lab", "", "labauthpass", "", "short"}),
            "credentials, entry 0: priv_key has 5 characters; SNMPv3 wants at least 8, and agents refuse shorter ones");
  EXPECT_EQ(refusal({"", "", "lab", "", "", "", "labprivpass"}),
            "credentials, entry 0: priv_key without auth_key: SNMPv3 encrypts nothing unauthenticated");
  EXPECT_EQ(refusal({"", "", "", "", "labauthpass", "", ""}),
            "credentials, entry 0: a key or protocol of SNMPv3 without its user");
  EXPECT_EQ(refusal({"", "", "lab", "MD5", "", "", ""}),
            "credentials, entry 0: a protocol is named, and no key: add auth_key, or leave the protocols out");
  EXPECT_EQ(refusal({"", "", "lab", "", "labauthpass", "DES", ""}),
            "credentials, entry 0: priv_protocol without priv_key: add the key, or leave it out");
  EXPECT_EQ(refusal({"", "s3cret", "lab", "", "", "", ""}),
            "credentials, entry 0: a community and a user are two credentials: write both as entries of `credentials`");
  EXPECT_EQ(refusal({"2c", "", "lab", "", "", "", ""}), "credentials, entry 0: a user goes with version 3, not 2c");
  EXPECT_EQ(refusal({"3", "s3cret", "", "", "", "", ""}),
            "credentials, entry 0: version 3 needs a user; a community goes with version 1 or 2c");
  EXPECT_EQ(refusal({"auto", "", "", "", "", "", ""}), "credentials, entry 0: neither a community nor a user");
  EXPECT_EQ(refusal({"auto", "", std::string(33, 'u'), "", "", "", ""}),
            "credentials, entry 0: a user's name has at most 32 characters");
}
TEST(Credentials, UsersFirstEachOnce) {
  const auto community = [](const char* text) { return make_credential({"auto", text, "", "", "", "", ""}, "x"); };
  const auto user = [](const char* name) { return make_credential({"3", "", name, "", "", "", ""}, "x"); };
  const auto ordered =
      in_order({community("a"), user("one"), community("b"), community("a"), user("two"), user("one")});
  ASSERT_EQ(ordered.size(), 4u);
  EXPECT_EQ(ordered[0].user, "one");
  EXPECT_EQ(ordered[1].user, "two");
  EXPECT_EQ(ordered[2].community, "a");
  EXPECT_EQ(ordered[3].community, "b");
}

}  // namespace
}  // namespace sonde::snmp
