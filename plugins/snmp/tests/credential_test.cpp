// Which credential a block of options is, in which order, and what only the protocol limits.
#include "credential.hpp"

#include <gtest/gtest.h>
#include <sonde/plugin.hpp>

namespace sonde::snmp {
namespace {

std::string refusal(const CredentialText& text) {
  try {
    make_credential(text, "/credentials/0");
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
TEST(Credential, LengthsAreOctetsInTheProtocol) {
  std::string umlauts;
  for (int i = 0; i < 17; ++i) umlauts += "\xc3\xbc";
  EXPECT_EQ(refusal({"auto", "", umlauts, "", "", "", ""}),
            "options/credentials/0/user: takes at most 32 octets of UTF-8, found 34");
  for (int i = 17; i < 128; ++i) umlauts += "\xc3\xbc";
  EXPECT_EQ(refusal({"auto", umlauts, "", "", "", "", ""}),
            "options/credentials/0/community: takes at most 255 octets of UTF-8, found 256");
  EXPECT_EQ(refusal({"auto", "", std::string(32, 'u'), "", "", "", ""}), "accepted");
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
