// Walks: the end of columns, devices that lead in circles, limits, and how a device is asked for less.
#include "walk.hpp"

#include <gtest/gtest.h>

namespace sonde::snmp {
namespace {

const Oid one = {1, 3, 1}, two = {1, 3, 2};

Oid below(Oid column, uint32_t row) {
  column.push_back(row);
  return column;
}
Value natural(uint64_t number) {
  Value value;
  value.kind = Value::Kind::natural;
  value.natural = number;
  return value;
}
Value end() {
  Value value;
  value.kind = Value::Kind::end;
  return value;
}
Reply reply(std::vector<Binding> bindings) {
  Reply out;
  out.bindings = std::move(bindings);
  return out;
}

TEST(Walk, GoesThroughColumnsInStep) {
  Walk walk({one, two}, {});
  const Appetite appetite{true, 2};
  Request request = walk.next(appetite);
  EXPECT_EQ(request.operation, Operation::get_bulk);
  EXPECT_EQ(request.repetitions, 2u);
  EXPECT_EQ(request.oids, (std::vector<Oid>{one, two}));
  walk.answered(request, reply({{below(one, 1), natural(11)},
                                {below(two, 1), natural(21)},
                                {below(one, 2), natural(12)},
                                {{1, 3, 3, 1}, natural(9)}}));
  ASSERT_FALSE(walk.done());
  request = walk.next(appetite);
  EXPECT_EQ(request.oids, std::vector<Oid>{below(one, 2)}) << "the second column has ended";
  walk.answered(request, reply({{below(two, 1), natural(21)}, {below(two, 2), end()}}));
  EXPECT_TRUE(walk.done());
  EXPECT_EQ(walk.incomplete(), "");
  ASSERT_EQ(walk.cells()[0].size(), 2u);
  EXPECT_EQ(walk.cells()[0].at({2}).natural, 12u);
  EXPECT_EQ(walk.cells()[1].size(), 1u);
}
TEST(Walk, AnAnswerMayBeCutShort) {
  Walk walk({one, two}, {});
  const Request request = walk.next({true, 5});
  walk.answered(request, reply({{below(one, 1), natural(1)}}));
  EXPECT_EQ(walk.next({true, 5}).oids, (std::vector<Oid>{below(one, 1), two}));
}
TEST(Walk, CirclesAreStopped) {
  Walk walk({one}, {});
  walk.answered(walk.next({}), reply({{below(one, 5), natural(1)}, {below(one, 4), natural(2)}}));
  EXPECT_TRUE(walk.done());
  EXPECT_EQ(walk.incomplete(), "its objects do not increase");
  EXPECT_EQ(walk.cells()[0].size(), 1u);

  Walk again({one}, {});
  again.answered(again.next({}), reply({{one, natural(1)}}));
  EXPECT_TRUE(again.done()) << "the object itself once more";
}
TEST(Walk, NoMoreThanWasAskedFor) {
  Walk walk({one}, {});
  const Request request = walk.next({true, 1});
  walk.answered(request, reply({{below(one, 1), natural(1)}, {below(one, 2), natural(2)}}));
  EXPECT_EQ(walk.cells()[0].size(), 1u);
}
TEST(Walk, LimitsOnRowsAndBytes) {
  Walk rows({one}, {2, 1 << 20});
  rows.answered(rows.next({}),
                reply({{below(one, 1), natural(1)}, {below(one, 2), natural(2)}, {below(one, 3), natural(3)}}));
  EXPECT_TRUE(rows.done());
  EXPECT_EQ(rows.incomplete(), "more than 2 rows");
  EXPECT_EQ(rows.cells()[0].size(), 2u);

  Walk bytes({one, two}, {100, 50});
  Value text;
  text.kind = Value::Kind::octets;
  text.octets = std::string(60, 'x');
  bytes.answered(bytes.next({}), reply({{below(one, 1), text}, {below(two, 1), text}}));
  EXPECT_TRUE(bytes.done());
  EXPECT_EQ(bytes.incomplete(), "more bytes than max_bytes");
}
TEST(Walk, V1EndsAColumnByNoSuchName) {
  Walk walk({one, two}, {});
  const Appetite v1{false, 10};
  const Request request = walk.next(v1);
  EXPECT_EQ(request.operation, Operation::get_next);
  Reply no;
  no.error = error_no_such_name;
  no.error_index = 2;
  walk.answered(request, no);
  EXPECT_EQ(walk.next(v1).oids, std::vector<Oid>{one});
  no.error_index = 7;
  walk.answered(walk.next(v1), no);
  EXPECT_TRUE(walk.done());
  EXPECT_EQ(walk.incomplete(), "error 2");
}
TEST(Walk, NothingAtAll) {
  Walk walk({one}, {});
  walk.answered(walk.next({}), reply({}));
  EXPECT_TRUE(walk.done());
  EXPECT_EQ(walk.incomplete(), "an empty answer");
}
TEST(Appetite, IsHalvedDownToGetNext) {
  Appetite appetite;
  std::vector<uint32_t> seen;
  while (appetite.bulk) {
    seen.push_back(appetite.repetitions);
    ASSERT_TRUE(appetite.less());
  }
  EXPECT_EQ(seen, (std::vector<uint32_t>{10, 5, 2, 1}));
  EXPECT_FALSE(appetite.less());
}

}  // namespace
}  // namespace sonde::snmp
