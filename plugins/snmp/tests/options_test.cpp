// Options: what the schema cannot say.
#include "options.hpp"

#include <gtest/gtest.h>

#include "probe_host.hpp"

namespace sonde::snmp {
namespace {

std::string refusal(ProbeHost& host) {
  try {
    Options::from(host.context());
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "accepted";
}

TEST(SnmpOptions, Defaults) {
  ProbeHost host;
  const Options options = Options::from(host.context());
  EXPECT_TRUE(options.credentials.empty());
  ASSERT_EQ(options.wanted.size(), 6u);
  EXPECT_EQ(options.wanted[0].key, "sysDescr");
  EXPECT_EQ(options.limits.rows, 1000u);
}
TEST(SnmpOptions, ObjectsByNumberOrName) {
  ProbeHost host;
  host.options.list("oids", {"sysServices", ".1.3.6.1.4.1.9.2.1.56.0", "1.3.6.1.2.1.25.1.2.0", "sysName"});
  const Options options = Options::from(host.context());
  ASSERT_EQ(options.wanted.size(), 9u) << "sysName is there already";
  EXPECT_EQ(options.wanted[6].key, "sysServices");
  EXPECT_EQ(options.wanted[7].key, "1.3.6.1.4.1.9.2.1.56.0");
  EXPECT_EQ(options.wanted[8].key, "hrSystemDate");
  EXPECT_EQ(options.wanted[8].meaning, Meaning::date);

  host.options.list("oids", {"sysname"});
  EXPECT_TRUE(refusal(host).starts_with(
      "options/oids/0: 'sysname' is neither an OID such as 1.3.6.1.2.1.1.7.0 nor one of sysDescr, "))
      << refusal(host);
}
TEST(SnmpOptions, CredentialsOfBothKinds) {
  ProbeHost host;
  host.options.set("version", "auto").set("community", "one").list("credentials", {"", ""});
  host.options.set("credentials/0/user", "lab").set("credentials/1/community", "two").set("credentials/1/version", "1");
  const Options options = Options::from(host.context());
  ASSERT_EQ(options.credentials.size(), 3u);
  EXPECT_EQ(options.credentials[0].user, "lab");
  EXPECT_EQ(options.credentials[1].community, "one");
  EXPECT_EQ(options.credentials[2].version, Version::v1);
}
TEST(SnmpOptions, TablesOnce) {
  ProbeHost host;
  host.options.list("tables", {"arp", "interfaces", "arp"});
  const Options options = Options::from(host.context());
  ASSERT_EQ(options.tables.size(), 2u);
  EXPECT_EQ(options.tables[0]->name, "arp");
}

}  // namespace
}  // namespace sonde::snmp
