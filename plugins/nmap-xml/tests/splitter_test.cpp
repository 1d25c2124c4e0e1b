// Reports cut into elements: whatever the sizes of the reads, and whatever stands between.
#include "splitter.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sonde::nmap_xml {
namespace {

struct Split {
  std::vector<std::string> pieces;  ///< "host@offset:text"
  std::string error;
  bool whole = false;
};

Split split(std::string_view text, std::size_t step = 1u << 20) {
  static constexpr const char* names[] = {"root", "host", "stats", "refused"};
  Split out;
  Splitter splitter;
  const auto take = [&](const Piece& p) {
    out.pieces.push_back(std::string(names[static_cast<int>(p.kind)]) + "@" + std::to_string(p.offset) + ":" +
                         std::string(p.text));
  };
  for (std::size_t i = 0; i < text.size(); i += step)
    if (!splitter.feed(text.substr(i, step), take)) break;
  out.error = splitter.error();
  out.whole = splitter.whole();
  return out;
}

const std::string report =
    "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!DOCTYPE nmaprun>\n<!-- <host> > -- -->\n<nmaprun a=\"1 > 0\">\n"
    "<hosthint><status state='up'/></hosthint>\n<host/>\n<host x='/>'><a>text</a><!-- </host> --><![CDATA[</host>]]>"
    "<?pi </host>?></host ><taskbegin/><runstats><finished/></runstats></nmaprun>\n";

const std::vector<std::string> pieces = {
    "root@65:<nmaprun a=\"1 > 0\">", "host@127:<host/>",
    "host@135:<host x='/>'><a>text</a><!-- </host> --><![CDATA[</host>]]><?pi </host>?></host >",
    "stats@228:<runstats><finished/></runstats>"};

TEST(Splitter, WholeElementsWhateverTheReads) {
  for (const std::size_t step : {1u << 20, 1u, 2u, 3u, 7u, 64u}) {
    const Split s = split(report, step);
    EXPECT_EQ(s.error, "");
    EXPECT_TRUE(s.whole);
    EXPECT_EQ(s.pieces, pieces) << step;
  }
}

TEST(Splitter, EveryCutLeavesTheWholeHostsBefore) {
  for (std::size_t end = 0; end < report.size() - 2; ++end) {
    const Split s = split(std::string_view(report).substr(0, end), 5);
    EXPECT_EQ(s.error, "") << end;
    EXPECT_FALSE(s.whole) << end;
    ASSERT_LE(s.pieces.size(), pieces.size());
    for (std::size_t i = 0; i < s.pieces.size(); ++i) EXPECT_EQ(s.pieces[i], pieces[i]);
  }
}

TEST(Splitter, SeveralReportsOneAfterTheOther) {
  const Split s = split(report + report.substr(3));
  EXPECT_EQ(s.error, "");
  EXPECT_EQ(s.pieces.size(), 2 * pieces.size());
}

TEST(Splitter, WhatIsNoReportIsToldByWhatItIs) {
  const auto error = [](std::string_view text) { return split(text, 1).error; };
  EXPECT_EQ(error("\x1f\x8b\x08"), "it is compressed (gzip): unpack it first, gunzip -k FILE, at byte 0");
  EXPECT_EQ(error(std::string_view("\xff\xfe<\0", 4)),
            "it is UTF-16: convert it first, iconv -f UTF-16 -t UTF-8, at byte 0");
  EXPECT_EQ(error("{\"a\":1}"), "it is JSON, not XML: nmap writes XML with -oX, masscan as well, at byte 0");
  EXPECT_EQ(error("# Nmap 7.93 scan"), "it is no XML but another of nmap's formats: write it with -oX, at byte 0");
  EXPECT_EQ(error("hello"), "it is no XML: text outside of any element, at byte 0");
  EXPECT_EQ(error("<html><host/></html>"),
            "it is no report of nmap: its first element is <html>, not <nmaprun>, at byte 5");
  EXPECT_EQ(error("<nmaprun></nmaprun></nmaprun>"), "it is no XML: an end tag without its element, at byte 28");
}

TEST(Splitter, EntitiesAreNeverDeclaredNorExpanded) {
  const Split s = split("<!DOCTYPE nmaprun [<!ENTITY a \"aaaa\">]><nmaprun><host>&a;</host></nmaprun>");
  EXPECT_EQ(s.error,
            "its DOCTYPE declares something of its own, which nmap never does; entities are not expanded, at byte 18");
  EXPECT_TRUE(s.pieces.empty());
}

TEST(Splitter, DamageEndsItWhereItStands) {
  EXPECT_EQ(split("<nmaprun><host><host></host></nmaprun>").error,
            "it is damaged: a <host> inside of another, at byte 20");
  EXPECT_EQ(split("<nmaprun><host a=\"<\"/></nmaprun>").error, "it is damaged: a '<' inside of quotes, at byte 18");
  EXPECT_EQ(split("<nmaprun><host <a/></nmaprun>").error, "it is damaged: a tag inside of a tag, at byte 15");
  EXPECT_EQ(split("<nmaprun><host/><a <").pieces.size(), 2u);
}

TEST(Splitter, WhatOpensACommentDoesNotCloseIt) {
  for (const std::string opened : {"<!-->", "<!--->", "<?>"}) {
    const std::string close = opened[1] == '?' ? "?>" : "-->";
    const Split s = split("<nmaprun><host>" + opened + "</host>" + close + "<a/></host></nmaprun>", 1);
    EXPECT_EQ(s.error, "") << opened;
    ASSERT_EQ(s.pieces.size(), 2u) << opened;
    EXPECT_EQ(s.pieces[1], "host@9:<host>" + opened + "</host>" + close + "<a/></host>");
  }
}

TEST(Splitter, BoundsHoldAndTheNextHostIsRead) {
  std::string deep, tags;
  for (int i = 0; i < 60; ++i) deep += "<a>";
  for (int i = 0; i < 60; ++i) deep += "</a>";
  for (uint32_t i = 0; i < Splitter::max_tags; ++i) tags += "<a/>";
  const std::string large(Splitter::max_element, 'x');
  for (const auto& [inside, why] : {std::pair<const std::string&, std::string>(deep, "is nested deeper than 48 levels"),
                                    {tags, "has more than 600,000 elements"},
                                    {large, "is larger than 16 MiB"}}) {
    const Split s = split("<nmaprun><host>" + inside + "</host><host/></nmaprun>", 65536);
    EXPECT_EQ(s.error, "");
    ASSERT_EQ(s.pieces.size(), 3u);
    EXPECT_EQ(s.pieces[1], "refused@9:" + why);
    EXPECT_TRUE(s.pieces[2].ends_with(":<host/>"));
    EXPECT_TRUE(s.whole);
  }
}

TEST(Splitter, InTheMiddleOfAReport) {
  Splitter splitter(100, true);
  std::string seen;
  splitter.feed("<host><a/></host><host/>",
                [&](const Piece& p) { seen += std::to_string(p.offset) + " " + std::string(p.text) + "\n"; });
  EXPECT_EQ(seen, "100 <host><a/></host>\n117 <host/>\n");
}

}  // namespace
}  // namespace sonde::nmap_xml
