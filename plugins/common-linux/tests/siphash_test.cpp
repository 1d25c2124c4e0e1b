// SipHash-2-4 against the vectors of its paper.
#include "common-linux/siphash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace sonde::net {
namespace {

constexpr SipKey paper_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(SipHash, VectorOfThePaper) {
  std::array<uint8_t, 15> message;
  std::iota(message.begin(), message.end(), uint8_t{0});
  EXPECT_EQ(siphash(paper_key, message), 0xa129ca6149be45e5u);
}

TEST(SipHash, EmptyMessage) {
  EXPECT_EQ(siphash(paper_key, {}), 0x726fdb47dd0e0e31u);
}

TEST(SipHash, NearSeedsGiveUnlikeKeys) {
  EXPECT_NE(key_from_seed(1).k0, key_from_seed(2).k0);
  EXPECT_NE(key_from_seed(1).k0, key_from_seed(1).k1);
  EXPECT_EQ(key_from_seed(7).k1, key_from_seed(7).k1);
}

}  // namespace
}  // namespace sonde::net
