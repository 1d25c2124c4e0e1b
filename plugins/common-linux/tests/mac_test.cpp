// Hardware addresses and their text.
#include "common-linux/mac.hpp"

#include <gtest/gtest.h>

namespace sonde::net {
namespace {

constexpr Mac sample = {0x00, 0x1b, 0x63, 0xAB, 0x0c, 0xff};

TEST(Mac, TextIsUpperCaseWithColons) {
  EXPECT_EQ(to_text(sample), "00:1B:63:AB:0C:FF");
}

TEST(Mac, ParsesBothJointsAndCases) {
  EXPECT_EQ(parse_mac("00:1b:63:ab:0c:ff"), sample);
  EXPECT_EQ(parse_mac("00-1B-63-AB-0C-FF"), sample);
}

TEST(Mac, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "00:1b:63:ab:0c", "00:1b:63:ab:0c:ff:00", "00:1b-63:ab:0c:ff", "001b63ab0cff",
                           "0g:1b:63:ab:0c:ff", "00:1b:63:ab:0c:f"})
    EXPECT_EQ(parse_mac(text), std::nullopt) << text;
}

TEST(Mac, BitsOfTheFirstOctet) {
  EXPECT_TRUE(is_group({0x01, 0, 0x5e, 0, 0, 1}));
  EXPECT_FALSE(is_group(sample));
  EXPECT_TRUE(is_locally_administered({0x52, 0x54, 0, 0, 0, 1}));
  EXPECT_FALSE(is_locally_administered(sample));
}

TEST(Mac, NumberKeepsTheOrder) {
  EXPECT_EQ(number(sample), 0x001b63ab0cffu);
}

}  // namespace
}  // namespace sonde::net
