// Cost expressions: packets and waits out of options.
#include "plugins/cost.hpp"

#include <gtest/gtest.h>

namespace sonde::core {
namespace {

Value json(std::string_view text) {
  return parse_json(text).value();
}

const char* const options =
    R"({"count":3,"ports":[22,80,443],"timeout":800000000,"forward":true,"off":false,"name":"x","empty":""})";

TEST(Cost, ProductsAndSums) {
  const Value o = json(options);
  EXPECT_EQ(evaluate_cost(json(R"(["count"])"), o), 3u);
  EXPECT_EQ(evaluate_cost(json(R"(["count","ports"])"), o), 9u);
  EXPECT_EQ(evaluate_cost(json(R"([["ports"],[1]])"), o), 4u);
  EXPECT_EQ(evaluate_cost(json(R"([["count","ports"],[2,"forward"],["off"]])"), o), 11u);
  EXPECT_EQ(evaluate_cost(json(R"(["count","timeout"])"), o), 2'400'000'000u);
  EXPECT_EQ(evaluate_cost(json(R"([["count","name"],["count","empty"]])"), o), 3u) << "a text that is given";
  EXPECT_EQ(evaluate_cost(json("7"), o), 7u);
}

TEST(Cost, TheFirstThatIsNotNothing) {
  const Value o = json(options);
  EXPECT_EQ(evaluate_cost(json(R"({"first":["nothing",1000]})"), o), 1000u);
  EXPECT_EQ(evaluate_cost(json(R"([[{"first":["ports",1000]},2],[1]])"), o), 7u);
  EXPECT_EQ(evaluate_cost(json(R"({"first":["off","nothing"]})"), o), 0u);
}

TEST(Cost, WhatIsNotThereCountsNothing) {
  EXPECT_EQ(evaluate_cost(json(R"(["nothing"])"), json(options)), 0u);
  EXPECT_EQ(evaluate_cost(json("[]"), json(options)), 0u);
  EXPECT_EQ(evaluate_cost(Value(), json(options)), 0u);
}

TEST(Cost, SaturatesInsteadOfWrapping) {
  const Value o = json(R"({"big":18446744073709551615})");
  EXPECT_EQ(evaluate_cost(json(R"(["big",2])"), o), UINT64_MAX);
  EXPECT_EQ(evaluate_cost(json(R"([["big"],["big"]])"), o), UINT64_MAX);
}

Schema schema() {
  return parse_schema(R"({"type":"object","properties":{
    "count":{"type":"integer","description":"n"},"name":{"type":"string","description":"t"},
    "group":{"type":"object","properties":{}}}})")
      .value();
}

TEST(Cost, GoodExpressionsPass) {
  EXPECT_TRUE(check_cost(Value(), schema()));
  EXPECT_TRUE(check_cost(json(R"({"silent":["count"],"alive":[["count"],[1]],"wait":[0]})"), schema()));
  EXPECT_TRUE(check_cost(json(R"({"silent":[1],"spared_by":"ports"})"), schema()));
}

TEST(Cost, WrongOnesAreNamed) {
  const auto text = [](const char* cost) {
    auto result = check_cost(json(cost), schema());
    return result ? std::string("passed") : result.error().id + ": " + result.error().text;
  };
  EXPECT_EQ(text(R"({"silent":["cuont"]})"), "plugin-schema: cost 'silent' names 'cuont', which is no option");
  EXPECT_EQ(text(R"({"wait":["group"]})"),
            "plugin-schema: cost 'wait' names 'group', which has neither a number nor a length");
  EXPECT_EQ(text(R"({"dead":[1]})"),
            "plugin-schema: the cost has a member 'dead'; known are silent, alive, most, open_ended, wait, "
            "alive_wait, connections, deadline, spared_by, in_turn");
  EXPECT_TRUE(check_cost(json(R"({"wait":[1],"in_turn":true,"alive_wait":["count"]})"), schema()));
  EXPECT_EQ(text(R"({"in_turn":1})"), "plugin-schema: the cost's in_turn is neither true nor false");
  EXPECT_EQ(text(R"({"spared_by":["ports"]})"), "plugin-schema: the cost's spared_by is not the name of an input");
  EXPECT_EQ(text(R"({"alive":[-1]})"),
            "plugin-schema: cost 'alive' may hold numbers from 0, names of options, lists of those, and "
            "{\"first\": [...]}");
  EXPECT_EQ(text("[]"), "plugin-schema: the cost in x-sonde is not an object");
  EXPECT_EQ(text(R"({"alive":[[[[[[1]]]]]]})"), "plugin-schema: cost 'alive' is nested too deeply");
}

}  // namespace
}  // namespace sonde::core
