// Hostile bytes to one clean line.
#include "clean.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {
using namespace std::string_view_literals;

TEST(OneLine, TakesTheFirstLineOfText) {
  EXPECT_EQ(one_line("SSH-2.0-OpenSSH_9.2p1\r\nnoise\r\n"), "SSH-2.0-OpenSSH_9.2p1");
}
TEST(OneLine, SkipsLinesWithoutLettersOrDigits) {
  EXPECT_EQ(one_line("\r\n*****\r\n  hello \r\n"), "hello");
}
TEST(OneLine, SkipsALongRuleWithoutALineEnd) {
  EXPECT_EQ(one_line(std::string(300, '*') + "\nhello\n"), "hello");
}
TEST(OneLine, DropsNulsAndControls) {
  EXPECT_EQ(one_line("220 re\0ady\a ok\r\n"sv), "220 ready ok");
}
TEST(OneLine, DropsTerminalSequences) {
  EXPECT_EQ(one_line("\x1b[2J\x1b[1;31mlogin\x1b[0m: \x1b]0;owned\a!"), "login: !");
}
TEST(OneLine, TurnsTabsIntoBlanks) {
  EXPECT_EQ(one_line("a\tb"), "a b");
}
TEST(OneLine, KeepsUtf8) {
  EXPECT_EQ(one_line("220 Büro \xE6\x97\xA5\xE6\x9C\xAC ready"), "220 Büro \xE6\x97\xA5\xE6\x9C\xAC ready");
}
TEST(OneLine, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(one_line("220 B\xFCro ready"), "220 B\\xfcro ready");
}
TEST(OneLine, DropsBidirectionalControls) {
  EXPECT_EQ(one_line("abc\xE2\x80\xAE"
                     "def"),
            "abcdef");
}
TEST(OneLine, EscapesOverlongAndSurrogates) {
  EXPECT_EQ(one_line("plain text here \xC0\x80 \xED\xA0\x80"), "plain text here \\xc0\\x80 \\xed\\xa0\\x80");
}
TEST(OneLine, EscapesBinaryWhole) {
  EXPECT_EQ(one_line("\x01\x02\xff\n\r\tA"sv), "\\x01\\x02\\xff\\n\\r\\tA");
}
TEST(OneLine, EmptyAndOnlyControls) {
  EXPECT_EQ(one_line(""), "");
  EXPECT_EQ(one_line("\0\0\0"sv), "");
  EXPECT_EQ(one_line("\r\n\r\n"), "");
}
TEST(OneLine, NeverCutsACharacter) {
  EXPECT_EQ(one_line("abc\xC3\xA4", 4), "abc");
}
TEST(OneLine, NeverCutsAnEscape) {
  EXPECT_EQ(one_line("\xff\xff\xff\xff", 10), "\\xff\\xff");
}
TEST(OneLine, HoldsItsBound) {
  EXPECT_EQ(one_line(std::string(100000, 'A')).size(), banner_bound);
}
TEST(Trimmed, BothEnds) {
  EXPECT_EQ(trimmed("\t a b \r\n"), "a b");
  EXPECT_EQ(trimmed(" \t"), "");
}

}  // namespace
}  // namespace sonde::tcp_banner
