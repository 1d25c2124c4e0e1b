// Alignment by what a terminal shows.
#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace sonde::core::cli {
namespace {

TEST(Table, AlignsLeftAndRight) {
  Table table({{"A"}, {"N", Table::Align::right}, {"EMPTY"}});
  table.add({"x", "1", ""});
  table.add({"long", "23"});
  EXPECT_EQ(table.render(0, false), "A      N\nx      1\nlong  23\n");
}

TEST(Table, WideAndCombiningCharacters) {
  EXPECT_EQ(display_width("a\xc3\xa4"), 2u);
  EXPECT_EQ(display_width("\xe4\xb8\xad\xe6\x96\x87"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);
  EXPECT_EQ(elide("\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad", 5), "\xe4\xb8\xad...");
  EXPECT_EQ(elide("abcdef", 6), "abcdef");
  EXPECT_EQ(elide("abcdefg", 6), "abc...");
  EXPECT_EQ(elide("abcdefg", 2), "..");
}

TEST(Table, OnlyColumnsThatMayShrinkDo) {
  Table table({{"KEEP"}, {"SHRINK", Table::Align::left, true}});
  table.add({"0123456789", "0123456789012345"});
  EXPECT_EQ(table.render(22, false), "KEEP        SHRINK\n0123456789  0123456...\n");
}

TEST(Table, NoRowsNoTable) {
  EXPECT_EQ(Table({{"A"}}).render(0, true), "");
}

}  // namespace
}  // namespace sonde::core::cli
