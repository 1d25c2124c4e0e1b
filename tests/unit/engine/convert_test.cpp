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
  std::unique_ptr<FactIndex> index;
  const auto put = [&](FieldId id, std::string_view key, const sonde_value& v) {
    return store_fact(fields[id], id, 0, key, v, facts, 0, index);
  };
  EXPECT_EQ(put(FieldTable::mac, "", number(1)), SONDE_E_TYPE);
  EXPECT_EQ(put(FieldTable::mac, "key", text("x")), SONDE_E_INVALID);
  EXPECT_EQ(put(FieldTable::banners, "", text("x")), SONDE_E_INVALID);
  EXPECT_EQ(put(FieldTable::services, "22/tcp", text("{}")), SONDE_E_TYPE);
  EXPECT_TRUE(facts.empty());
  EXPECT_EQ(put(FieldTable::banners, "22", text("SSH")), SONDE_OK);
  EXPECT_EQ(facts.size(), 1u);
}

std::vector<uint32_t> items_of(FieldId id, const std::vector<Fact>& facts) {
  std::vector<uint32_t> items;
  field_items(FieldTable()[id], id, facts, items);
  return items;
}

TEST(StoreFact, AScalarIsReplacedAListGrowsAsASet) {
  FieldTable fields;
  std::vector<Fact> facts;
  std::unique_ptr<FactIndex> index;
  store_fact(fields[FieldTable::mac], FieldTable::mac, 0, "", text("a"), facts, 0, index);
  store_fact(fields[FieldTable::mac], FieldTable::mac, 0, "", text("b"), facts, 0, index);
  for (uint64_t port : {80u, 22u, 80u})
    store_fact(fields[FieldTable::ports], FieldTable::ports, 0, "", number(port), facts, 0, index);
  ASSERT_EQ(facts.size(), 3u);
  EXPECT_EQ(facts[0].value.text, "b");
  EXPECT_EQ(items_of(FieldTable::ports, facts), (std::vector<uint32_t>{1, 2}));
}

TEST(StoreFact, ManyFactsAreReplacedAndKeptApartAsFewAre) {
  FieldTable fields;
  std::vector<Fact> facts;
  std::unique_ptr<FactIndex> index;
  for (int round = 0; round < 2; ++round)
    for (uint64_t port = 1; port <= 65'535; ++port) {
      store_fact(fields[FieldTable::ports], FieldTable::ports, 0, "", number(port), facts, 0, index);
      store_fact(fields[FieldTable::banners], FieldTable::banners, 0, std::to_string(port),
                 text(round == 0 ? "first" : "second"), facts, 0, index);
    }
  ASSERT_EQ(facts.size(), 2u * 65'535);
  EXPECT_EQ(facts[131'069].key, "65535");
  EXPECT_EQ(facts[131'069].value.text, "second");
  EXPECT_EQ(items_of(FieldTable::banners, facts).size(), 65'535u);
  EXPECT_EQ(items_of(FieldTable::ports, facts).back(), 131'068u);
}

TEST(StoreFact, WhatAnEarlierTaskPutIsNotTouched) {
  FieldTable fields;
  std::vector<Fact> facts;
  std::unique_ptr<FactIndex> index, later;
  store_fact(fields[FieldTable::mac], FieldTable::mac, 0, "", text("first"), facts, 0, index);
  store_fact(fields[FieldTable::mac], FieldTable::mac, 1, "", text("second"), facts, 1, later);
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].value.text, "first");
  EXPECT_EQ(items_of(FieldTable::mac, facts), std::vector<uint32_t>{0});
}

TEST(FieldItems, OfAMapTheFirstOfEachKeyOfAListAllDistinctInTheOrderStated) {
  std::vector<Fact> facts;
  const auto state = [&](FieldId id, uint8_t stage, const char* key, Scalar value) {
    facts.push_back(Fact{id, stage, key, std::move(value)});
  };
  state(FieldTable::ports, 0, "", Scalar::of(uint64_t{443}));
  state(FieldTable::banners, 0, "22", Scalar::of(std::string("early")));
  state(FieldTable::ports, 1, "", Scalar::of(uint64_t{22}));
  state(FieldTable::ports, 1, "", Scalar::of(uint64_t{443}));
  state(FieldTable::banners, 1, "22", Scalar::of(std::string("late")));
  state(FieldTable::banners, 1, "21", Scalar::of(std::string("ftp")));
  EXPECT_EQ(items_of(FieldTable::ports, facts), (std::vector<uint32_t>{0, 2}));
  EXPECT_EQ(items_of(FieldTable::banners, facts), (std::vector<uint32_t>{1, 5}));
  EXPECT_TRUE(items_of(FieldTable::mac, facts).empty());
}

TEST(FieldItems, AnotherTaskOrFieldIsLookedUpAnew) {
  FieldTable fields;
  FieldItems items;
  const std::vector<Fact> one = {{FieldTable::mac, 0, {}, Scalar::of(std::string("a"))}};
  const std::vector<Fact> none;
  EXPECT_EQ(items.of(1, fields[FieldTable::mac], FieldTable::mac, one).size(), 1u);
  EXPECT_EQ(items.of(1, fields[FieldTable::vendor], FieldTable::vendor, one).size(), 0u);
  EXPECT_EQ(items.of(1, fields[FieldTable::mac], FieldTable::mac, one).size(), 1u);
  EXPECT_EQ(items.of(2, fields[FieldTable::mac], FieldTable::mac, none).size(), 0u);
}

TEST(StoreFact, HostileTextBecomesValidUtf8) {
  FieldTable fields;
  std::vector<Fact> facts;
  std::unique_ptr<FactIndex> index;
  EXPECT_EQ(store_fact(fields[FieldTable::banners], FieldTable::banners, 0, "2\xff",
                       text("a\xfe"
                            "b"),
                       facts, 0, index),
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
