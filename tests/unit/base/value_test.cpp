// Members and JSON pointers.
#include "base/value.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

TEST(Value, SetReplacesOrAppends) {
  Value v;
  v.set("b", Value("1"));
  v.set("a", Value(true));
  v.set("b", Value(uint64_t{2}));
  ASSERT_NE(v.object(), nullptr);
  EXPECT_EQ(to_json(v), R"({"b":2,"a":true})");
  EXPECT_EQ(v.find("c"), nullptr);
  EXPECT_EQ(Value(true).find("c"), nullptr);
}

TEST(Value, Pointers) {
  // The examples of RFC 6901, section 5.
  const Value v = parse_json(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8,"~1":9})").value();
  EXPECT_EQ(v.at_pointer(""), &v);
  EXPECT_EQ(*v.at_pointer("/foo/0")->text(), "bar");
  EXPECT_EQ(*v.at_pointer("/")->integer(), 0);
  EXPECT_EQ(*v.at_pointer("/a~1b")->integer(), 1);
  EXPECT_EQ(*v.at_pointer("/m~0n")->integer(), 8);
  EXPECT_EQ(*v.at_pointer("/~01")->integer(), 9);
  for (const char* text : {"foo", "/foo/2", "/foo/00", "/foo/-", "/foo/0/x", "/m~2n", "/m~", "/none"})
    EXPECT_EQ(v.at_pointer(text), nullptr) << text;
}

}  // namespace
}  // namespace sonde::core
