// What is said of two plans that are not one: only what the headers of their journals know.
#include "inventory/plan_difference.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sonde::core {
namespace {

JournalHeader header() {
  JournalHeader h;
  h.targets = 4;
  h.scope = {"10.0.0.1-10.0.0.4"};
  h.exclusions = {"10.0.0.9"};
  h.stages = {"ping", "web"};
  h.stage_details = {
      {"icmp", "1.0", "", true, true, false,
       R"({"when":"","deadline":5,"optional":false,"options":{"count":2,"size":8}})"},
      {"tcp", "1.0", "", true, false, false, R"({"when":"alive","deadline":7,"optional":false,"options":{}})"}};
  return h;
}

/// As a sonde wrote it that did not say what a stage asks.
JournalHeader without_asks() {
  JournalHeader h = header();
  for (JournalStage& stage : h.stage_details) stage.asks.clear();
  return h;
}

/// As one wrote it that could not merge.
JournalHeader without_details() {
  JournalHeader h = header();
  h.stage_details.clear();
  h.exclusions.clear();
  return h;
}

TEST(PlanDifference, EachThatHeadersTellIsNamed) {
  const auto differs = [](const auto& change) {
    JournalHeader other = header();
    change(other);
    return difference_of_plans(header(), other);
  };
  EXPECT_EQ(differs([](auto& h) { h.scope = {"10.0.0.2-10.0.0.5"}; }), "their targets differ");
  EXPECT_EQ(differs([](auto& h) { h.exclusions.clear(); }), "their exclusions differ");
  EXPECT_EQ(differs([](auto& h) { h.stage_details[0].version = "2"; }),
            "stage 'ping' has the versions 1.0 and 2 of its plugin");
  EXPECT_EQ(differs([](auto& h) {
              h.stage_details[0].asks = R"({"when":"x","deadline":6,"optional":false,"options":{"size":8,"ttl":1}})";
            }),
            "the option 'count' of stage 'ping' differs; the option 'ttl' of stage 'ping' differs; 'when' of stage "
            "'ping' differs");
  EXPECT_EQ(differs([](auto& h) {
              h.stage_details[1].asks = R"({"when":"alive","deadline":8,"optional":true,"options":{}})";
            }),
            "'deadline' of stage 'web' differs; 'optional' of stage 'web' differs");
  EXPECT_EQ(differs([](auto&) {}), "names of targets, or assume_up, differ");
}

TEST(PlanDifference, OfWhatAnOlderJournalDoesNotTellNothingIsClaimed) {
  const std::string one_of = "one of these differs, and a journal does not tell which: ",
                    of_stages = "`when`, options, deadline or `optional` of a stage; names of targets; assume_up",
                    details = "exclusions; the plugin, its version, or `enabled` of a stage; ";
  EXPECT_EQ(difference_of_plans(without_asks(), header()), one_of + of_stages);
  EXPECT_EQ(difference_of_plans(header(), without_asks()), one_of + of_stages);
  EXPECT_EQ(difference_of_plans(without_details(), header()), one_of + details + of_stages);
  EXPECT_EQ(difference_of_plans(header(), without_details()), one_of + details + of_stages);
  JournalHeader damaged = header();
  damaged.stage_details[1].asks = "{";
  EXPECT_EQ(difference_of_plans(damaged, header()), one_of + of_stages);
  // What it does tell is told.
  JournalHeader renamed = without_details();
  renamed.stages[1] = "other";
  EXPECT_EQ(difference_of_plans(renamed, header()),
            "stage 'other' is in one of them alone; stage 'web' is in one of them alone");
}

TEST(PlanDifference, VeryManyOptionsTakeNoSquareOfTheirNumber) {
  JournalHeader one = header(), other = header();
  const auto options = [](char first) {
    std::string text = R"({"options":{)";
    for (int i = 0; text.size() < longest_asks / 2; ++i)
      text += (i == 0 ? "\"" : ",\"") + std::string(1, first) + std::to_string(i) + "\":1";
    return text + "}}";
  };
  one.stage_details[0].asks = options('a');
  other.stage_details[0].asks = options('b');
  const auto began = std::chrono::steady_clock::now();
  EXPECT_NE(difference_of_plans(one, other).find("the option 'a0' of stage 'ping' differs; "), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

}  // namespace
}  // namespace sonde::core
