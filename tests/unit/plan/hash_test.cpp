// The hash of a plan: what changes it, and what must not.
#include <openssl/evp.h>

#include "pipeline.hpp"

namespace sonde::core {
namespace {

std::string hash_of(const std::string& yaml, Setting s = {}) {
  auto c = compile_text(yaml, s);
  EXPECT_NE(c.plan, nullptr) << c.said();
  return c.plan ? c.plan->hash : "";
}

const std::string base = with_stages("[{use: writer}, {use: reader, options: {token: one}}]");

TEST(PlanHash, IsSha256InHexAndStable) {
  EXPECT_EQ(hash_of(base).size(), 64u);
  EXPECT_EQ(hash_of(base).find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(hash_of(base), hash_of(base));
}

TEST(PlanHash, LimitsOutputsSlicesAndSecretsDoNotCount) {
  EXPECT_EQ(hash_of(base), hash_of(base + "limits: {packets_per_second: 5, workers: 2}\n"));
  EXPECT_EQ(hash_of(base), hash_of(base + "output_dir: /x\noutputs: [{use: fixture-lines, options: {path: a}}]\n"));
  EXPECT_EQ(hash_of(base), hash_of(with_stages("[{use: writer}, {use: reader, options: {token: two}}]")));
  Setting s;
  s.request.shard_index = 1;
  s.request.shard_count = 2;
  EXPECT_EQ(hash_of(base), hash_of(base, s));
}

TEST(PlanHash, TargetsStagesOptionsAndSeedCount) {
  Setting seed, target;
  seed.request.seed = 8;
  target.overrides.targets = {"10.1.0.0/29"};
  const std::string all[] = {
      hash_of(base),
      hash_of(base, seed),
      hash_of(base, target),
      hash_of(base + "exclude: [10.9.9.9]\n"),
      hash_of(base + "assume_up: true\n"),
      hash_of(with_stages("[{use: writer, options: {tries: 3}}, {use: reader, options: {token: one}}]")),
      hash_of(with_stages("[{use: writer}, {use: reader, when: alive, options: {token: one}}]")),
      hash_of(with_stages("[{use: writer, optional: true}, {use: reader, options: {token: one}}]")),
      hash_of(with_stages("[{use: writer, name: w}, {use: reader, options: {token: one}}]")),
  };
  for (const std::string& a : all)
    for (const std::string& b : all)
      if (&a != &b) {
        EXPECT_NE(a, b) << (&a - all) << " " << (&b - all);
      }
}

TEST(PlanHash, WithoutASeedEachPlanIsAnotherOrderOfTheSameQuestions) {
  Setting s, target;
  s.request.seed.reset();
  EXPECT_NE(hash_of(base, s), hash_of(base, s));
  const auto a = compile_text(base, s), b = compile_text(base, s);
  EXPECT_EQ(a.plan->id, b.plan->id);
  EXPECT_EQ(a.plan->id.size(), 64u);
  EXPECT_NE(a.plan->id, a.plan->hash);
  target.overrides.targets = {"10.1.0.0/29"};
  EXPECT_NE(a.plan->id, compile_text(base, target).plan->id);
}

}  // namespace
}  // namespace sonde::core
