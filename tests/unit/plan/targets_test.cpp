// Targets of a plan: ranges, names, exclusions, scope, limits, slices.
#include <set>

#include "../no_descriptors.hpp"
#include "../no_threads.hpp"
#include "pipeline.hpp"

namespace sonde::core {
namespace {

std::vector<std::string> ranges(const Compiled& c) {
  EXPECT_NE(c.plan, nullptr) << c.said();
  return c.plan ? c.plan->targets.addresses().to_strings() : std::vector<std::string>();
}
using Ranges = std::vector<std::string>;

TEST(PlanTargets, RangesMinusExclusions) {
  auto c = compile_text(with_targets("[\"10.1.0.0/28, 10.1.0.20\", 10.1.0.14]", "exclude: [10.1.0.4/31, 10.1.0.20]\n"));
  EXPECT_EQ(ranges(c), (Ranges{"10.1.0.1-10.1.0.3", "10.1.0.6-10.1.0.14"}));
  EXPECT_EQ(c.plan->targets.size(), 12u);
  EXPECT_EQ(c.plan->slice.count, 12u);
}

TEST(PlanTargets, NamesAreResolvedAndKept) {
  auto c = compile_text(with_targets("[localhost]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_TRUE(c.plan->targets.contains(ip("127.0.0.1")) || c.plan->targets.contains(ip("::1")));
  IpAddress first = c.plan->targets.at(0);
  EXPECT_EQ(c.plan->targets.name_of(first), "localhost");
}

TEST(PlanTargets, WithoutThreadsNamesAreLookedUpOneByOne) {
  const NoThreads no_threads;
  auto c = compile_text(with_targets("[localhost, localhost, localhost]"));
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_TRUE(c.plan->targets.contains(ip("127.0.0.1")) || c.plan->targets.contains(ip("::1")));
  ASSERT_NE(c.find("resources"), nullptr) << c.said();
  EXPECT_EQ(c.find("resources")->severity, Severity::warning);
  EXPECT_TRUE(c.text_of("resources").starts_with("2 of the 3 threads that look up names could not be started: "))
      << c.said();
  EXPECT_EQ(c.find("resources")->where.line, 2u);
}

TEST(PlanTargets, AnExclusionWinsOverAName) {
  auto c = compile_text(with_targets("[localhost, 10.1.0.9]", "exclude: [127.0.0.0/8, \"::1\"]\n"));
  EXPECT_EQ(ranges(c), Ranges{"10.1.0.9"});
}

/// One resolution a run: a name whose addresses take turns would be excluded by one of them and asked at another.
TEST(PlanTargets, AnExcludedNameIsNoTarget) {
  auto c = compile_text(with_targets("[localhost, 10.1.0.9]", "exclude: [LocalHost]\n"));
  EXPECT_EQ(ranges(c), Ranges{"10.1.0.9"});
}

TEST(PlanTargets, AnAddressThatLeadsToAnExcludedOneIsExcluded) {
  for (const char* way : {"64:ff9b::a01:9", "2002:a01:9::1", "2001:0:a01:1::f5fe:fff6"}) {
    const std::string targets = std::string("[10.1.0.1, \"") + way + "\"]";
    EXPECT_EQ(ranges(compile_text(with_targets(targets.c_str(), "exclude: [10.1.0.9]\n"))), Ranges{"10.1.0.1"}) << way;
    EXPECT_EQ(ranges(compile_text(with_targets(targets.c_str(), "exclude: [10.1.0.8]\n"))).size(), 2u) << way;
  }
  EXPECT_EQ(ranges(compile_text(with_targets("[\"64:ff9b::a01:8-64:ff9b::a01:a\"]", "exclude: [10.1.0.9]\n"))),
            (Ranges{"64:ff9b::a01:8", "64:ff9b::a01:a"}));
}

TEST(PlanTargets, ValidateDoesNotResolve) {
  Setting s;
  s.request.resolve_names = false;
  auto c = compile_text(with_targets("[no-such-host.invalid]"), s);
  ASSERT_NE(c.plan, nullptr) << c.said();
  EXPECT_EQ(c.plan->targets.size(), 0u);
}

TEST(PlanTargets, ANameThatDoesNotExistHasItsPlace) {
  auto c = compile_text(with_targets("[10.1.0.1, no-such-host.invalid]"));
  EXPECT_EQ(c.plan, nullptr);
  ASSERT_EQ(c.out.error_count(), 1u) << c.said();
  EXPECT_EQ(c.out.items()[0].where.line, 2u);
  EXPECT_TRUE(c.find("unknown-host") || c.find("resolver-failed")) << c.said();
}

TEST(PlanTargets, PublicAddressesNeedPermission) {
  auto c = compile_text(with_targets("[10.1.0.1, 8.8.8.0/23]"));
  EXPECT_EQ(c.plan, nullptr);
  EXPECT_EQ(c.text_of("public-target"), "8.8.8.1-8.8.9.254: public address");
  EXPECT_EQ(c.find("public-target")->where.line, 2u);
  EXPECT_EQ(c.out.error_count(), 1u);
  EXPECT_EQ(ranges(compile_text(with_targets("[8.8.8.8]", "allow_public: true\n"))), Ranges{"8.8.8.8"});
}

TEST(PlanTargets, EachPartOfARangeIsJudged) {
  auto c = compile_text(with_targets("[9.255.255.250-10.0.0.5, 223.255.255.255-224.0.0.1]"));
  EXPECT_EQ(c.said(),
            "public-target: 9.255.255.250-9.255.255.255: public address\n"
            "public-target: 223.255.255.255: public address\n"
            "scope-forbidden: 224.0.0.0-224.0.0.1: never scanned: unspecified, multicast, reserved or broadcast "
            "address\n");
}

/// 192.0.0.9 and .10 are public inside a block that is not: the one place where blocks of 256 are too coarse.
TEST(PlanTargets, FinerPartsOfABlock) {
  auto c = compile_text(with_targets("[192.0.0.0-192.0.0.255]"));
  EXPECT_EQ(c.text_of("public-target"), "192.0.0.9-192.0.0.10: public address");
  EXPECT_EQ(c.out.error_count(), 1u) << c.said();
}

TEST(PlanTargets, ExclusionsMakeARangeAllowed) {
  auto c = compile_text(with_targets("[9.255.255.250-10.0.0.5]", "exclude: [9.0.0.0/8]\n"));
  EXPECT_EQ(ranges(c), Ranges{"10.0.0.0-10.0.0.5"});
}

TEST(PlanTargets, BroadcastOfAConnectedNetworkIsLeftOut) {
  auto c = compile_text(with_targets("[10.1.0.250-10.1.0.255]"));
  EXPECT_EQ(ranges(c), Ranges{"10.1.0.250-10.1.0.254"});
  EXPECT_EQ(c.text_of("scope-broadcast"), "10.1.0.255: broadcast address of a connected network; it is left out");
  EXPECT_FALSE(c.out.has_errors());
}

TEST(PlanTargets, WithoutKnowingTheConnectedNetworksThereIsNoPlan) {
  Setting s;
  s.request.connected.reset();
  const NoDescriptors none_left;
  auto c = compile_text(with_targets("[10.1.0.1]"), s);
  EXPECT_EQ(c.plan, nullptr);
  EXPECT_NE(c.find("interfaces-unreadable"), nullptr) << c.said();
}

TEST(PlanTargets, ATranslatedAddressIsJudgedByTheOneInside) {
  auto c = compile_text(with_targets("[\"64:ff9b::8.8.8.8\"]"));
  EXPECT_NE(c.find("public-target"), nullptr) << c.said();
}

TEST(PlanTargets, MoreThanTheLimitAreRefusedWithTheCount) {
  auto c = compile_text(with_targets("[10.0.0.0/8]", "limits: {max_targets: 1000}\n"));
  EXPECT_EQ(c.text_of("too-many-targets"), "16777214 targets, at most 1000 are accepted");
  auto v6 = compile_text(with_targets("[\"fd00::/48\"]"));
  EXPECT_EQ(v6.text_of("too-many-targets"), "2^64 or more targets, at most 16777216 are accepted");
}

TEST(PlanTargets, NothingLeft) {
  EXPECT_NE(compile_text(with_targets("[10.1.0.1]", "exclude: [10.1.0.0/24]\n")).find("excluded-all"), nullptr);
  auto none = compile_text(with_targets("[{use: fixture-source}]"));
  EXPECT_NE(none.find("no-targets"), nullptr) << none.said();
}

TEST(PlanTargets, TheCommandLineReplacesTheFile) {
  Setting s;
  s.overrides.targets = {"10.1.0.77"};
  EXPECT_EQ(ranges(compile_text(with_targets("[10.1.0.0/28]"), s)), Ranges{"10.1.0.77"});
}

TEST(PlanTargets, Only) {
  Setting s;
  s.request.only = "10.1.0.3";
  EXPECT_EQ(ranges(compile_text(with_targets("[10.1.0.0/28]"), s)), Ranges{"10.1.0.3"});
  s.request.only = "10.1.0.99";
  EXPECT_EQ(compile_text(with_targets("[10.1.0.0/28]"), s).text_of("not-a-target"),
            "--only 10.1.0.99 is not among the targets");
  s.request.only = "10.1.0.3";
  EXPECT_EQ(compile_text(with_targets("[10.1.0.0/28]", "exclude: [10.1.0.3]\n"), s).text_of("not-a-target"),
            "--only 10.1.0.3 is excluded");
  s.request.only = "ten";
  EXPECT_NE(compile_text(with_targets("[10.1.0.0/28]"), s).find("bad-address"), nullptr);
}

TEST(PlanTargets, ShardsAreDisjointAndComplete) {
  uint64_t next = 0;
  std::set<std::string> plans;
  for (uint32_t i = 0; i < 4; ++i) {
    Setting s;
    s.request.seed.reset();  // nobody told the parts of one another
    s.request.shard_index = i;
    s.request.shard_count = 4;
    auto c = compile_text(with_targets("[10.1.0.0/28]"), s);
    ASSERT_NE(c.plan, nullptr) << c.said();
    EXPECT_EQ(c.plan->slice.start, next);
    next = c.plan->slice.end();
    plans.insert(c.plan->hash);
  }
  EXPECT_EQ(next, 14u);
  EXPECT_EQ(plans.size(), 1u);  // cut out of one order, or some targets would be in no part
  Setting s;
  s.request.shard_index = 4;
  s.request.shard_count = 4;
  EXPECT_EQ(compile_text(with_targets("[10.1.0.0/28]"), s).text_of("bad-shard"), "part 5 of 4 does not exist");
}

TEST(PlanTargets, ManyWrongTargetsAreNotManyMessages) {
  std::string list;
  for (int i = 0; i < 200; ++i) list += "8.8." + std::to_string(i) + ".1,";
  auto c = compile_text(with_targets("[\"" + list + "\"]"));
  EXPECT_EQ(c.out.error_count(), 50u);
}

}  // namespace
}  // namespace sonde::core
