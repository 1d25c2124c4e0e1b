// Telnet negotiation taken out.
#include "telnet.hpp"

#include <gtest/gtest.h>

namespace sonde::tcp_banner {
namespace {
using namespace std::string_view_literals;

TEST(Telnet, StripsOptions) {
  EXPECT_EQ(without_negotiation("\xff\xfd\x18\xff\xfb\x01login: "sv), "login: ");
}
TEST(Telnet, StripsSubnegotiation) {
  EXPECT_EQ(without_negotiation("a\xff\xfa\x18\x01\xff\xf0"
                                "b"sv),
            "ab");
}
TEST(Telnet, DoubledIacInsideSubnegotiationIsData) {
  EXPECT_EQ(without_negotiation("\xff\xfa\x18\xff\xff\xf0still\xff\xf0rest"sv), "rest");
}
TEST(Telnet, DoubledIacIsOneByte) {
  EXPECT_EQ(without_negotiation("a\xff\xff"
                                "b"sv),
            "a\xff"
            "b");
}
TEST(Telnet, ShortCommandsHaveNoOperand) {
  EXPECT_EQ(without_negotiation("a\xff\xf9"
                                "b"sv),
            "ab");
}
TEST(Telnet, CutOffCommandsAreLeftOut) {
  EXPECT_EQ(without_negotiation("a\xff"sv), "a");
  EXPECT_EQ(without_negotiation("a\xff\xfd"sv), "a");
  EXPECT_EQ(without_negotiation("a\xff\xfa\x18\x01"sv), "a");
}
TEST(Telnet, KnowsNegotiation) {
  EXPECT_TRUE(begins_with_negotiation("\xff\xfd\x18"sv));
  EXPECT_FALSE(begins_with_negotiation("\xff\x01\x18"sv));
  EXPECT_FALSE(begins_with_negotiation("\xff"sv));
}

}  // namespace
}  // namespace sonde::tcp_banner
