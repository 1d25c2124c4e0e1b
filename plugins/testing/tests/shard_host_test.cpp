// A probe that asks several times, on the host for tests: it hears what silence means, and what it tells is kept.
#include "../shard_host.hpp"

#include <gtest/gtest.h>
#include <sonde/loss.h>

namespace sonde::testing {
namespace {

using namespace std::chrono_literals;
constexpr int64_t ms = 1'000'000;
constexpr int most_tries = 4;

// Asks one target each 5 ms until a silence holds, by packets that are none. The third is answered, if any is.
struct Asker {
  sonde_ctx* ctx;
  const sonde_host* host;
  const sonde_loss* loss;
  sonde_task task = 0;
  std::vector<int64_t> sent;
  uint64_t timer = 0;
};
bool answers = false;

Asker& of(sonde_inst* instance) {
  return *reinterpret_cast<Asker*>(instance);
}
void ask(Asker& a) {
  a.sent.push_back(a.host->now(a.ctx));
  a.host->timer(a.ctx, a.sent.back() + 5 * ms, 0, &a.timer);
}
sonde_err create(sonde_ctx* c, const sonde_host* h, sonde_inst** out) {
  *out = reinterpret_cast<sonde_inst*>(
      new Asker{c, h, static_cast<const sonde_loss*>(h->get_extension(c, SONDE_LOSS)), 0, {}, 0});
  return SONDE_OK;
}
void destroy(sonde_inst* i) {
  delete &of(i);
}
int32_t start(sonde_inst* i, const sonde_task* tasks, uint32_t) {
  of(i).task = tasks[0];
  ask(of(i));
  return 1;
}
void on_io(sonde_inst*, uint64_t, uint64_t, uint32_t) {}
void on_timer(sonde_inst* i, uint64_t, uint64_t) {
  Asker& a = of(i);
  a.timer = 0;
  if (answers && a.sent.size() == 3) {
    a.loss->lost(a.ctx, a.sent[0]);
    a.loss->lost(a.ctx, a.sent[1]);
    a.loss->arrived(a.ctx, a.sent[2]);
    a.host->done(a.ctx, a.task, SONDE_POSITIVE);
    return;
  }
  const int said = a.loss ? a.loss->silence(a.ctx, a.sent.back()) : SONDE_SILENCE_HOLDS;
  if (said != SONDE_SILENCE_HOLDS && a.sent.size() < most_tries) {
    a.loss->asked_again(a.ctx, 1);
    return ask(a);
  }
  if (said != SONDE_SILENCE_HOLDS) a.loss->left_in_doubt(a.ctx, 1);
  a.host->done(a.ctx, a.task, SONDE_NO_ANSWER);
}
void cancel(sonde_inst*, sonde_task, uint64_t, uint32_t) {}

const sonde_plugin& plugin() {
  static const sonde_probe api = {sizeof api, 0, start, on_io, on_timer, cancel, nullptr};
  static const sonde_descriptor descriptor = [] {
    sonde_descriptor d{};
    d.size = sizeof d;
    d.kind = SONDE_KIND_PROBE;
    return d;
  }();
  static const sonde_plugin p = {sizeof p, 0, &descriptor, create, destroy, &api, nullptr};
  return p;
}

class LossOfShardHost : public ::testing::Test {
 protected:
  sonde_outcome run() {
    EXPECT_EQ(host.create(&plugin()), SONDE_OK);
    host.add_v4(127, 0, 0, 1);
    EXPECT_TRUE(host.run(5s));
    return host.result(0).outcome;
  }
  ShardHost host;
};

TEST_F(LossOfShardHost, SilenceHoldsUnlessTheTestSaysOtherwise) {
  EXPECT_EQ(run(), uint32_t{SONDE_NO_ANSWER});
  EXPECT_EQ(host.losses.silences, 1u);
  EXPECT_EQ(host.losses.asked_again, 0u);
  EXPECT_EQ(host.losses.left_in_doubt, 0u);
}

TEST_F(LossOfShardHost, WhatLeftInDoubtIsAskedAgain) {
  host.losses.doubtful_until = clock_ns() + 60'000 * ms;
  EXPECT_EQ(run(), uint32_t{SONDE_NO_ANSWER});
  EXPECT_EQ(host.losses.asked_again, 3u);
  EXPECT_EQ(host.losses.left_in_doubt, 1u);
}

TEST_F(LossOfShardHost, FatesAreKeptInTheirOrder) {
  answers = true;
  host.losses.open_from = 0;
  EXPECT_EQ(run(), uint32_t{SONDE_POSITIVE});
  answers = false;
  using Fate = Losses::Fate;
  const auto& fates = host.losses.fates;
  ASSERT_EQ(fates.size(), 3u);
  EXPECT_EQ(fates[0].first, Fate::lost);
  EXPECT_EQ(fates[1].first, Fate::lost);
  EXPECT_EQ(fates[2].first, Fate::arrived);
  EXPECT_LE(fates[0].second + 5 * ms, fates[1].second);
}

TEST_F(LossOfShardHost, AHostMayOfferNoneOfIt) {
  host.losses.offered = false;
  host.losses.doubtful_until = clock_ns() + 60'000 * ms;
  EXPECT_EQ(run(), uint32_t{SONDE_NO_ANSWER});
  EXPECT_EQ(host.losses.silences, 0u);
}

}  // namespace
}  // namespace sonde::testing
