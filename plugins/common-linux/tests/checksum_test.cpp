// The Internet checksum, on the example of RFC 1071 and on what a receiver computes.
#include "common-linux/checksum.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sonde::net {
namespace {

TEST(Checksum, ExampleOfRfc1071) {
  const std::vector<uint8_t> bytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(checksum(bytes), 0x220d);  // the complement of ddf2
}

TEST(Checksum, OddLengthIsPaddedWithZero) {
  EXPECT_EQ(checksum(std::vector<uint8_t>{0x12}), checksum(std::vector<uint8_t>{0x12, 0x00}));
}

TEST(Checksum, ManyOctetsDoNotOverflow) {
  EXPECT_EQ(checksum(std::vector<uint8_t>(1 << 20, 0xff)), 0x0000);
}

TEST(Checksum, PseudoHeaderHoldsAddressesLengthAndProtocol) {
  Ip from{}, to{};
  from[15] = 1;
  to[15] = 2;
  EXPECT_EQ(pseudo_header6(from, to, 32, 58), 1u + 2u + 32u + 58u);
}

}  // namespace
}  // namespace sonde::net
