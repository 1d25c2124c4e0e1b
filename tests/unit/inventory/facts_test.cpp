// Facts as sets: order, repeats, and whether they are worth a record.
#include "inventory/facts.hpp"

#include <gtest/gtest.h>

#include "facts.hpp"

namespace sonde::core {
namespace {

using F = FieldTable;

TEST(Facts, StandByStageAndOnce) {
  const Fact a = fact(1, F::ports, number(80)), b = fact(0, F::ports, number(22)), c = fact(1, F::ports, number(22));
  std::vector<Fact> facts = {a, b, c, a, b};
  put_in_order(facts, true);
  EXPECT_EQ(facts, (std::vector<Fact>{b, a, c}));
  facts = {a, b, a};
  put_in_order(facts, false);
  EXPECT_EQ(facts, (std::vector<Fact>{b, a, a}));
}

TEST(Facts, AreWorthARecordOrNot) {
  const FieldTable table;
  const auto says = [&](FieldId field, uint8_t stage, bool with_detail) {
    const std::vector<Fact> facts = {fact(stage, field, number(1))};
    return say_something(facts, table, with_detail);
  };
  EXPECT_TRUE(says(F::alive, 0, false));
  EXPECT_TRUE(says(F::hostname, 0, false));
  EXPECT_FALSE(says(F::hostname, core_stage, false)) << "the name that it was given as";
  EXPECT_FALSE(says(F::link, 0, true));
  EXPECT_FALSE(says(F::tcp, 0, false));
  EXPECT_TRUE(says(F::tcp, 0, true));
  EXPECT_FALSE(says(static_cast<FieldId>(table.size() + 1000), 0, true)) << "of a journal that somebody else wrote";
  EXPECT_FALSE(say_something({}, table, true));
}

}  // namespace
}  // namespace sonde::core
