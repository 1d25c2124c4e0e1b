// The place of the option that a plugin's reason names.
#include "plugins/option_reason.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

Value options() {
  Value key("short"), entry{Value::Object{}}, entries{Value::Array{}}, all{Value::Object{}};
  key.where = {"lan.sonde.yaml", 9, 20, 5};
  entry.where = {"lan.sonde.yaml", 8, 9, 1};
  entry.set("auth_key", key);
  entries.array()->push_back(entry);
  all.where = {"lan.sonde.yaml", 5, 7, 1};
  all.set("credentials", entries);
  Value set("x");
  set.where = {"--set snmp.oids", 0, 0, 0};
  all.set("oids", set);
  return all;
}

std::string placed(std::string_view why) {
  const OptionReason reason = place_reason(why, options(), {"lan.sonde.yaml", 4, 5, 1});
  return reason.where.file + ":" + std::to_string(reason.where.line) + ":" + std::to_string(reason.where.column) + " " +
         reason.text;
}

TEST(OptionReason, StandsAtTheValue) {
  EXPECT_EQ(placed("options/credentials/0/auth_key: has 5 characters"),
            "lan.sonde.yaml:9:20 option 'credentials[].auth_key': has 5 characters");
  EXPECT_EQ(placed("options/credentials/0: is no one"),
            "lan.sonde.yaml:8:9 an entry of option 'credentials': is no one");
  EXPECT_EQ(placed("options/oids: a: b"), "--set snmp.oids:0:0 option 'oids': a: b");
}
TEST(OptionReason, OfWhatIsMissingWhereItShouldBe) {
  EXPECT_EQ(placed("options/files: name one"), "lan.sonde.yaml:5:7 option 'files': name one");
  EXPECT_EQ(placed("options/credentials/0/user: is needed"),
            "lan.sonde.yaml:8:9 option 'credentials[].user': is needed");
}
TEST(OptionReason, WhatNamesNoOptionStandsAtTheStage) {
  for (const char* why : {"the table is broken", "options: none", "options/: x", "options/A: x", "options/a b: x",
                          "options/0: x", "options/auth_key", "optionsfiles: x", "", "options//a: x"})
    EXPECT_EQ(placed(why), std::string("lan.sonde.yaml:4:5 ") + why);
}

TEST(OptionReason, SeveralAreToldEachAtItsPlace) {
  const SourceSpan stage{"lan.sonde.yaml", 4, 5, 1};
  const auto all =
      place_reasons("options/credentials/0/auth_key: a\noptions/files: b\nwith a second line", options(), stage);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].text, "option 'credentials[].auth_key': a");
  EXPECT_EQ(all[0].where.line, 9u);
  EXPECT_EQ(all[1].text, "option 'files': b\nwith a second line");
  EXPECT_EQ(place_reasons("", options(), stage).size(), 1u);
  std::string endless;
  for (int i = 0; i < 1000; ++i) endless += "options/oids: x\n";
  const auto cut = place_reasons(endless, options(), stage);
  ASSERT_EQ(cut.size(), 101u);
  EXPECT_EQ(cut.back().text, "and 900 more of this kind");
  EXPECT_EQ(cut.back().where.line, 4u);
}

}  // namespace
}  // namespace sonde::core
