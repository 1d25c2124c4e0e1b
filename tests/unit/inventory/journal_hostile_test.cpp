// Journals that somebody else wrote: every line that does not fit is dropped and counted, and the rest is kept.
#include <gtest/gtest.h>

#include "facts.hpp"
#include "inventory/journal_reader.hpp"
#include "listed.hpp"
#include "temporary.hpp"

namespace sonde::core {
namespace {

const std::string header =
    R"({"sonde_journal":1,"run_id":"r","pipeline":"p","plan_hash":"h","started":"s","seed":1,"targets":100,)"
    R"("slice":[10,50],"scope":[],"fields":["ip","alive","ports","banners","own.x"],"stages":["a","b"]})"
    "\n";

class HostileJournal : public ::testing::TestWithParam<const char*> {};

TEST_P(HostileJournal, DropsTheLine) {
  const Temporary directory;
  const std::string good = R"({"r":"10.0.0.1","s":0,"f":[[2,3,80]],"o":1})"
                           "\n";
  const std::string file = directory.write("j", header + good + GetParam() + "\n" + good);
  const auto content = read_journal(file);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->dropped_lines, 1u);
  EXPECT_EQ(content->damaged_lines, 1u);
  EXPECT_EQ(content->first_damaged, 3u);
  ASSERT_EQ(content->hosts.size(), 1u);
  EXPECT_EQ(listed(content->hosts)[0].facts, (std::vector<Fact>{fact(0, 2, number(80))}));
  EXPECT_EQ(listed(content->hosts)[0].outcomes, (std::vector<Outcome>{Outcome::positive, Outcome::none}));
  EXPECT_EQ(content->settled.size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Lines, HostileJournal,
    ::testing::Values(
        "not json", "[]", "{}", "null", "\"r\"", R"({"x":1})", R"({"r":"10.0.0.1","s":0,"o":1)",
        R"({"sonde_journal":1,"run_id":"again"})",  //
        R"({"r":"10.0.0.256","s":0,"o":1})", R"({"r":7,"s":0,"o":1})", R"({"r":"fe80::1%lo","s":0,"o":1})",
        R"({"r":"10.0.0.1","s":2,"o":1})", R"({"r":"10.0.0.1","s":-1,"o":1})", R"({"r":"10.0.0.1","s":256,"o":1})",
        R"({"r":"10.0.0.1","s":0,"o":11})", R"({"r":"10.0.0.1","s":0,"o":"positive"})", R"({"r":"10.0.0.1","o":1})",
        R"({"r":"10.0.0.1","s":1,"f":7,"o":1})", R"({"r":"10.0.0.1","s":1,"f":[[5,3,1]],"o":1})",         // field
        R"({"r":"10.0.0.1","s":1,"f":[[4,10,1]],"o":1})", R"({"r":"10.0.0.1","s":1,"f":[[4,3]],"o":1})",  // type
        R"({"r":"10.0.0.1","s":1,"f":[[2,5,"80"]],"o":1})",         // ports are numbers
        R"({"r":"10.0.0.1","s":1,"f":[[2,3,80,"key"]],"o":1})",     // and no map
        R"({"r":"10.0.0.1","s":1,"f":[[1,1,2]],"o":1})",            // bool
        R"({"r":"10.0.0.1","s":1,"f":[[4,7,"short"]],"o":1})",      // address of 16 bytes
        R"({"r":"10.0.0.1","s":1,"f":[[4,9,"{bad json"]],"o":1})",  //
        R"({"r":"10.0.0.1","s":1,"f":[[4,6,{"x":"0g"}]],"o":1})",
        R"({"r":"10.0.0.1","s":1,"f":[[4,6,{"x":"0"}]],"o":1})", R"({"r":"10.0.0.1","s":1,"f":[[4,3,1,"",2]],"o":1})",
        R"({"r":"10.0.0.1","s":1,"f":[[4,3,1.5]],"o":1})", R"({"r":"10.0.0.1","s":1,"o":4,"w":[]})",
        R"({"r":"fe80::1","z":4294967296,"s":1,"o":1})", R"({"d":9,"h":"10.0.0.1","o":[1,1]})",
        R"({"d":60,"h":"10.0.0.1","o":[1,1]})",  // position
        R"({"d":10,"h":"10.0.0.1","o":[1]})", R"({"d":10,"h":"10.0.0.1","o":[1,99]})", R"({"d":10,"o":[1,1]})",
        R"({"p":[[10,51]]})", R"({"p":[[0,1]]})", R"({"p":[[10,1],[11,18446744073709551615]]})", R"({"p":[10]})",
        R"({"p":7})", R"({"p":[[10,5]],"t":7})", R"({"p":[[10,5]],"t":[[[3,1]],[[3,1]],[[3,1]]]})",
        R"({"p":[[10,5]],"t":[[[99,1]]]})", R"({"p":[[10,5]],"t":[[[3,101]]]})", R"({"p":[[10,5]],"t":[[[3]]]})",
        R"({"u":9,"h":"10.0.0.1","o":[1,4],"s":[1]})", R"({"u":10,"h":"10.0.0.1","o":[1],"s":[1]})",
        R"({"u":10,"h":"10.0.0.1","o":[1,4],"s":[]})", R"({"u":10,"h":"10.0.0.1","o":[1,4],"s":[2]})",
        R"({"u":10,"h":"10.0.0.1","o":[1,4],"s":[0,1,1]})", R"({"u":10,"h":"10.0.0.1","o":[1,4]})",
        R"({"u":10,"o":[1,4],"s":[1]})", R"({"fail":2,"w":"x"})", R"({"fail":1})", R"({"fail":"b","w":"x"})",  //
        R"({"n":-1})", R"({"n":"1"})", R"({"end":true})", R"({"crash":["p","s","00",0]})", R"({"crash":["p","s"]})"));

/// More outcomes than silent positions: somebody made them up, and none of them counts.
TEST(HostileJournalFile, BelievesNoMoreOutcomesThanPositions) {
  Temporary directory;
  directory.write("j", header + std::string(R"({"p":[[10,5]],"t":[[[3,5]],[[3,4],[6,2]]]})") + "\n");
  const auto content = read_journal(directory / "j");
  ASSERT_TRUE(content.has_value());
  EXPECT_EQ(content->settled.size(), 5u);
  EXPECT_TRUE(content->silent_outcomes.empty());
  EXPECT_EQ(content->dropped_lines, 1u);
}

TEST(HostileJournalFile, RefusesWhatHasNoHeader) {
  const Temporary directory;
  const auto id = [&](const std::string& content) {
    const auto read = read_journal(directory.write("j", content));
    return read ? "read" : read.error().id;
  };
  EXPECT_EQ(id(""), "journal-unreadable");
  EXPECT_EQ(id("hello\n"), "journal-unreadable");
  EXPECT_EQ(id(header.substr(0, header.size() - 1)), "journal-unreadable");  // no whole line
  EXPECT_EQ(id("{\"sonde_journal\":1}\n"), "journal-unreadable");
  EXPECT_EQ(id(std::string(header).replace(17, 1, "2")), "journal-unreadable");
  EXPECT_EQ(id(std::string(header).replace(header.find("[10,50]"), 7, "[60,50]")), "journal-unreadable");
  EXPECT_EQ(id(header), "read");
  std::string longer = std::string(header).replace(17, 1, "2");
  longer.insert(longer.size() - 2, R"(,"more":2)");
  EXPECT_EQ(id(longer), "journal-unreadable");
  const std::string one = R"({"scope":["10.0.0.1"]})"
                          "\n";
  EXPECT_EQ(id(longer + one), "journal-unreadable");
  EXPECT_EQ(id(longer + one + "{\"scope\":[1]}\n"), "journal-unreadable");
  EXPECT_EQ(id(longer + one + "{\"p\":[[10,5]]}\n"), "journal-unreadable");
  EXPECT_EQ(id(longer + one + one), "read");
}

TEST(HostileJournalFile, SaysWhichFormatItReads) {
  const Temporary directory;
  const auto read = read_journal(directory.write("j", std::string(header).replace(17, 1, "3")));
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().text.find("it has format 3, this sonde reads formats 1 and 2"), std::string::npos)
      << read.error().text;
}

TEST(HostileJournalFile, RefusesDirectoriesLinksAndAbsentFiles) {
  const Temporary directory;
  directory.write("j", header);
  std::filesystem::create_symlink(directory / "j", directory / "link");
  EXPECT_EQ(read_journal(directory.path()).error().id, "journal-unreadable");
  EXPECT_EQ(read_journal(directory / "link").error().id, "journal-unreadable");
  EXPECT_EQ(read_journal(directory / "absent").error().id, "journal-unreadable");
}

TEST(HostileJournalFile, PassesOverALineThatIsTooLong) {
  const Temporary directory;
  const std::string good = R"({"r":"10.0.0.1","s":0,"o":1})"
                           "\n";
  const auto content = read_journal(directory.write("j", header + std::string((64u << 20) + 2, 'x') + "\n" + good));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->dropped_lines, 1u);
  EXPECT_EQ(content->damaged_lines, 1u) << "no run leaves it behind";
  EXPECT_EQ(content->first_damaged, 2u);
  EXPECT_EQ(content->hosts.size(), 1u);
}

TEST(HostileJournalFile, ALongLineThatATearCutIsNoDamage) {
  const Temporary directory;
  const auto content = read_journal(directory.write("j", header + std::string((64u << 20) + 2, 'x')));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->dropped_lines, 1u);
  EXPECT_EQ(content->damaged_lines, 0u);
}

}  // namespace
}  // namespace sonde::core
