// UTF-8, terminals, suggestions.
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

#define FFFD "\xef\xbf\xbd"

TEST(Text, CountsWithTheirNoun) {
  EXPECT_EQ(counted(0, "packet"), "0 packets");
  EXPECT_EQ(counted(1, "packet"), "1 packet");
  EXPECT_EQ(counted(18446744073709551615u, "packet"), "18446744073709551615 packets");
}

TEST(Text, MaximalSubpartsBecomeReplacementCharacters) {
  // Unicode 15, section 3.9, table 3-8 and its neighbours.
  EXPECT_EQ(to_valid_utf8("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
            "\x61" FFFD FFFD FFFD "\x62" FFFD "\x63" FFFD FFFD "\x64");
  EXPECT_EQ(to_valid_utf8("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
  EXPECT_EQ(to_valid_utf8("\xed\xa0\x80"), FFFD FFFD FFFD);
  EXPECT_EQ(to_valid_utf8("\xf4\x90\x80\x80"), FFFD FFFD FFFD FFFD);
  EXPECT_EQ(to_valid_utf8("\xe2\x82"), FFFD);
}

TEST(Text, ValidStaysAsItIs) {
  const std::string text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n";
  EXPECT_TRUE(is_valid_utf8(text));
  EXPECT_EQ(to_valid_utf8(text), text);
  EXPECT_FALSE(is_valid_utf8("\xc3"));
}

TEST(Text, NothingDrivesTheTerminal) {
  EXPECT_EQ(printable("a\x1b]0;x\x07\x7f\r\n"), "a\\x1b]0;x\\x07\\x7f\\x0d\\x0a");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u{009b}31m");
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "gpj.exe"),
            "\\u{202e}gpj.exe");
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\u{2066}");
  EXPECT_EQ(printable("\xf3\xa0\x80\x81"), "\\u{e0001}");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f \xe2\x82\xac"), "gr\xc3\xbc\xc3\x9f \xe2\x82\xac");
}

TEST(Text, SuggestsWhatIsNear) {
  const std::vector<std::string_view> options{"ports", "timeout", "max_bytes"};
  EXPECT_EQ(did_you_mean("timout", options), "timeout");
  EXPECT_EQ(did_you_mean("tiemout", options), "timeout");
  EXPECT_EQ(did_you_mean("port", options), "ports");
  EXPECT_EQ(did_you_mean("community", options), "");
  EXPECT_EQ(did_you_mean("", options), "");
  EXPECT_EQ(did_you_mean("x", {"y"}), "");
  EXPECT_EQ(did_you_mean("nmap", {"icmp", "nmap-xml"}), "nmap-xml");
  EXPECT_EQ(did_you_mean("tcp", {"tcp-banner", "tcp-syn"}), "");  // which of them?
  EXPECT_EQ(did_you_mean("nm", {"nmap-xml"}), "");
}

TEST(Text, Join) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a", "b", "c"}, ", "), "a, b, c");
}

}  // namespace
}  // namespace sonde::core
