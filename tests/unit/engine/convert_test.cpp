#include "engine/convert.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace sonde::core {
namespace {

sonde_value text(std::string_view s) {
  sonde_value v{};
  v.type = SONDE_TEXT;
  v.as.s = {s.data(), s.size()};
  return v;
}
sonde_value number(uint64_t n) {
  sonde_value v{};
  v.type = SONDE_U64;
  v.as.u = n;
  return v;
}

TEST(StoreFact, ChecksTypeShapeAndKey) {
  FieldTable fields;
  std::vector<Fact> facts;
  const auto put = [&](FieldId id, std::string_view key, const sonde_value& v) {
    return store_fact(fields[id], id, 0, key, v, facts, 0);
  };
  EXPECT_EQ(put(FieldTable::mac, "", number(1)), SONDE_E_TYPE);
  EXPECT_EQ(put(FieldTable::mac, "key", text("x")), SONDE_E_INVALID);
  EXPECT_EQ(put(FieldTable::banners, "", text("x")), SONDE_E_INVALID);
  EXPECT_EQ(put(FieldTable::services, "22/tcp", text("{}")), SONDE_E_TYPE);
  EXPECT_TRUE(facts.empty());
  EXPECT_EQ(put(FieldTable::banners, "22", text("SSH")), SONDE_OK);
  EXPECT_EQ(facts.size(), 1u);
}

TEST(StoreFact, AScalarIsReplacedAListGrowsAsASet) {
  FieldTable fields;
  std::vector<Fact> facts;
  store_fact(fields[FieldTable::mac], FieldTable::mac, 0, "", text("a"), facts, 0);
  store_fact(fields[FieldTable::mac], FieldTable::mac, 0, "", text("b"), facts, 0);
  for (uint64_t port : {80u, 22u, 80u})
    store_fact(fields[FieldTable::ports], FieldTable::ports, 0, "", number(port), facts, 0);
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].value.text, "b");
  EXPECT_EQ(count_items(fields[FieldTable::ports], FieldTable::ports, facts), 2u);
}

TEST(StoreFact, WhatAnEarlierTaskPutIsNotTouched) {
  FieldTable fields;
  std::vector<Fact> facts;
  store_fact(fields[FieldTable::mac], FieldTable::mac, 0, "", text("first"), facts, 0);
  store_fact(fields[FieldTable::mac], FieldTable::mac, 1, "", text("second"), facts, 1);
  ASSERT_EQ(facts.size(), 2u);
  const Fact* seen = find_item(fields[FieldTable::mac], FieldTable::mac, facts, 0);
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(seen->value.text, "first");
  EXPECT_EQ(find_item(fields[FieldTable::mac], FieldTable::mac, facts, 1), nullptr);
}

TEST(StoreFact, HostileTextBecomesValidUtf8) {
  FieldTable fields;
  std::vector<Fact> facts;
  EXPECT_EQ(store_fact(fields[FieldTable::banners], FieldTable::banners, 0, "2\xff",
                       text("a\xfe"
                            "b"),
                       facts, 0),
            SONDE_OK);
  EXPECT_EQ(facts[0].value.text,
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(facts[0].key, "2\xEF\xBF\xBD");
}

TEST(ToScalar, RefusesWhatJsonCannotSay) {
  Scalar out;
  sonde_value v{};
  v.type = SONDE_F64;
  v.as.f = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(to_scalar(v, SONDE_F64, &out), SONDE_E_INVALID);
  v = text("{not json");
  v.type = SONDE_JSON;
  EXPECT_EQ(to_scalar(v, SONDE_JSON, &out), SONDE_E_INVALID);
  v = text("{}");
  v.type = 77;
  EXPECT_EQ(to_scalar(v, SONDE_NULL, &out), SONDE_E_TYPE);
}

TEST(Target, AnOlderPluginsSmallerStructIsNotOverrun) {
  unsigned char memory[sizeof(sonde_target)];
  std::memset(memory, 0xAA, sizeof memory);
  auto* t = reinterpret_cast<sonde_target*>(memory);
  t->size = 24;  // size, flags and the address: all that a first version had
  ASSERT_EQ(write_target(*IpAddress::parse("10.1.2.3"), "name", t), SONDE_OK);
  EXPECT_EQ(memory[23], 3);
  EXPECT_EQ(memory[24], 0xAA);
  sonde_target short_one{};
  short_one.size = 24;
  short_one.port = 80;  // beyond what the plugin says it has
  EXPECT_EQ(read_target(short_one).port, 0);
}

}  // namespace
}  // namespace sonde::core
