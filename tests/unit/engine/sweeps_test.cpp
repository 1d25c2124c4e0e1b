// Whole sweeps that are played: probes ask as icmp does (common-linux/attempts.hpp), over paths that drop what is too
// fast for them, bad lines, and routers that drop the first packet to each host. Nobody who is alive may be missed, no
// matter how the shards have to wait for a processor; what the line loses is left to the tries.
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <utility>

#include "common-linux/attempts.hpp"
#include "common-linux/loss.hpp"
#include "common-linux/pacer.hpp"
#include "engine/congestion.hpp"

namespace sonde::core {
namespace {

constexpr int64_t ms = 1'000'000, second = 1000 * ms;

struct Sweep {
  uint32_t hosts = 16384, one_alive_in = 16;
  uint64_t set_rate = 0;
  unsigned tries = 2, shards = 2;
  int64_t timeout = 300 * ms, round_trip = ms / 2;
  uint32_t in_flight = 32768;
  double policed_to = 0, burst = 0;  ///< packets a second; 0: not
  double line_loses = 0;             ///< each way
  bool first_is_dropped = false;     ///< to each host
  int64_t longest_stall = 20 * ms;   ///< a shard waits for a processor
  uint32_t stalls_in = 400;          ///< steps; once on average
};

struct Outcome {
  uint32_t missed = 0, in_doubt = 0;
  uint32_t unnoticed = 0;  ///< missed beyond those in doubt, of one sweep
  uint64_t asked_again = 0, lowest = 0;
  int64_t time = 0;
};

class Play {
 public:
  Play(const Sweep& sweep, uint32_t seed)
      : sweep_(sweep),
        random_(seed),
        budget_(sweep.set_rate, 0),
        congestion_(std::make_unique<Congestion>(budget_, sweep.set_rate, true, 0)),
        alive_(sweep.hosts),
        was_asked_(sweep.hosts),
        level_(sweep.burst) {
    for (uint32_t i = 0; i < sweep.hosts; ++i) alive_[i] = random_() % sweep.one_alive_in == 0;
    for (uint32_t i = 0; i < sweep.shards; ++i)
      shards_.push_back(Shard{Questions(sweep.tries, net::extra_attempts), sweep.hosts / sweep.shards * i,
                              sweep.hosts / sweep.shards * (i + 1)});
  }

  Outcome run() {
    for (; now_ < 300 * second; now_ += step) {
      bool busy = false;
      for (Shard& s : shards_) {
        busy = busy || s.next < s.end || s.questions.live() > 0;
        if (s.stalled_until > now_) continue;
        if (random_() % sweep_.stalls_in == 0)
          s.stalled_until = now_ + (static_cast<int64_t>(random_()) % (sweep_.longest_stall / ms) + 1) * ms;
        hear(s);
        end(s);
        ask(s);
      }
      if (!busy) break;
    }
    out_.time = now_;
    out_.lowest = congestion_->lowest();
    return out_;
  }

 private:
  using Questions = net::Attempts<uint32_t>;
  static constexpr int64_t step = ms / 2;
  static constexpr uint32_t most_in_step = 200;  ///< packets of a shard: what a processor can send
  struct Answer {
    int64_t at;
    uint32_t slot, generation, attempt;
  };
  struct Shard {
    Questions questions;
    uint32_t next, end;
    net::Pacer pacer{};
    std::deque<Answer> answers{};
    int64_t stalled_until = 0;
  };

  bool by_chance(double share) { return share > 0 && static_cast<double>(random_()) < share * 4294967296.0; }

  bool gets_through(uint32_t host) {
    if (sweep_.first_is_dropped && std::exchange(was_asked_[host], uint8_t{1}) == 0) return false;
    if (by_chance(sweep_.line_loses)) return false;
    if (sweep_.policed_to == 0) return true;
    level_ = std::min(sweep_.burst, level_ + sweep_.policed_to * static_cast<double>(now_ - policed_at_) / 1e9);
    policed_at_ = now_;
    if (level_ < 1) return false;
    level_ -= 1;
    return true;
  }

  void send(Shard& s, uint32_t slot) {
    const auto& question = s.questions[slot];
    if (gets_through(question.question) && alive_[question.question] && !by_chance(sweep_.line_loses))
      s.answers.push_back({now_ + sweep_.round_trip, slot, question.generation, question.sent});
    s.questions.sent(slot, now_, 250 * ms, sweep_.timeout);
  }

  void hear(Shard& s) {
    for (; !s.answers.empty() && s.answers.front().at <= now_; s.answers.pop_front()) {
      const Answer a = s.answers.front();
      if (!s.questions.find(a.slot, a.generation)) continue;
      const auto attempt = [](unsigned i) { return i == 0 ? Congestion::Attempt::first : Congestion::Attempt::later; };
      for (unsigned i = 0; i < a.attempt; ++i) congestion_->lost(s.questions.sent_at(a.slot, i), now_, attempt(i));
      congestion_->arrived(s.questions.sent_at(a.slot, a.attempt), now_, attempt(a.attempt));
      s.questions.close(a.slot);
    }
  }

  void end(Shard& s) {
    const auto silence = [this](int64_t sent_at) {
      const auto said = congestion_->silence(sent_at, now_);
      return said == Congestion::Silence::doubtful ? net::Silence::doubtful
             : said == Congestion::Silence::open   ? net::Silence::open
                                                   : net::Silence::holds;
    };
    for (auto next = s.questions.next_end(now_); next.what == Questions::Due::give_up;
         next = s.questions.next_end(now_)) {
      const auto verdict = s.questions.judge(next.slot, now_, silence);
      out_.asked_again += verdict == net::Verdict::asked_again;
      if (verdict == net::Verdict::asked_again || verdict == net::Verdict::waits) continue;
      out_.in_doubt += verdict == net::Verdict::ends_in_doubt;
      out_.missed += alive_[s.questions[next.slot].question];
      s.questions.close(next.slot);
    }
  }

  uint32_t take(Shard& s, uint32_t want) {
    return s.pacer.take(want, now_, [this](uint32_t n, int64_t& again) { return budget_.take(n, now_, &again); });
  }

  void ask(Shard& s) {
    uint32_t left = most_in_step;
    for (; left > 0 && s.questions.send_due() <= now_ && take(s, 1) == 1; --left)
      send(s, s.questions.next_send(now_).slot);
    if (s.questions.send_due() <= now_) return;
    const auto window = static_cast<uint32_t>(sweep_.in_flight / sweep_.shards - s.questions.live());
    for (uint32_t n = take(s, std::min({left, s.end - s.next, window})); n > 0; --n)
      send(s, s.questions.open(1, s.next++));
  }

  const Sweep sweep_;
  std::mt19937 random_;
  PacketBudget budget_;
  std::unique_ptr<Congestion> congestion_;
  std::vector<uint8_t> alive_, was_asked_;
  std::vector<Shard> shards_;
  double level_;
  int64_t now_ = 0, policed_at_ = 0;
  Outcome out_;
};

/// The worst of each over so many sweeps.
Outcome worst_of(int sweeps, const Sweep& sweep) {
  Outcome worst;
  for (int seed = 1; seed <= sweeps; ++seed) {
    const Outcome one = Play(sweep, static_cast<uint32_t>(seed)).run();
    worst.missed = std::max(worst.missed, one.missed);
    worst.in_doubt = std::max(worst.in_doubt, one.in_doubt);
    worst.unnoticed = std::max(worst.unnoticed, one.missed - std::min(one.missed, one.in_doubt));
    worst.asked_again = std::max(worst.asked_again, one.asked_again);
    worst.lowest = worst.lowest == 0 ? one.lowest : std::min(worst.lowest, one.lowest);
    worst.time = std::max(worst.time, one.time);
  }
  return worst;
}

TEST(Sweeps, NobodyIsMissedBehindAPolicerThatAnUnlimitedSweepOverruns) {
  for (const unsigned shards : {1u, 2u})
    for (const double rate : {5000.0, 20'000.0}) {
      const Outcome worst = worst_of(5, {.hosts = rate > 5000 ? 32768u : 16384u,
                                         .shards = shards,
                                         .policed_to = rate,
                                         .burst = rate > 5000 ? 200.0 : 100.0});
      EXPECT_EQ(worst.missed, 0u) << shards << " shards, " << rate;
      EXPECT_EQ(worst.in_doubt, 0u) << shards << " shards, " << rate;
      EXPECT_GT(worst.lowest, 0u) << shards << " shards, " << rate;
      EXPECT_LT(worst.time, 20 * second) << shards << " shards, " << rate;
    }
}

TEST(Sweeps, NorWhereTheShardsHardlyGetAProcessor) {
  for (const unsigned shards : {1u, 2u}) {
    const Outcome worst =
        worst_of(60, {.shards = shards, .policed_to = 5000, .burst = 100, .longest_stall = 12 * ms, .stalls_in = 8});
    EXPECT_EQ(worst.missed, 0u) << shards << " shards";
    EXPECT_EQ(worst.in_doubt, 0u) << shards << " shards";
  }
}

TEST(Sweeps, NorWhereTheRoundTripsAreLong) {
  const Outcome worst = worst_of(5, {.timeout = 800 * ms, .round_trip = 100 * ms, .policed_to = 5000, .burst = 100});
  EXPECT_EQ(worst.missed, 0u);
  EXPECT_EQ(worst.in_doubt, 0u);
}

TEST(Sweeps, ABadLineIsFoundOutInSecondsAndLeavesNobodyInDoubt) {
  for (const uint64_t set : {uint64_t{0}, uint64_t{50'000}}) {
    const Outcome worst =
        worst_of(5, {.hosts = 65536, .set_rate = set, .tries = 5, .timeout = 800 * ms, .line_loses = 0.05});
    EXPECT_LE(worst.missed, 1u) << "all five round trips fail for one host of a hundred thousand";
    EXPECT_EQ(worst.in_doubt, 0u) << set;
    EXPECT_LT(worst.time, 25 * second) << set;
  }
}

TEST(Sweeps, APolicedPathOverABadLineMissesNobodyUnnoticed) {
  const Outcome worst = worst_of(5, {.tries = 3, .policed_to = 5000, .burst = 100, .line_loses = 0.02});
  EXPECT_LE(worst.unnoticed, 1u);
  EXPECT_LT(worst.time, 45 * second);
}

TEST(Sweeps, ARouterThatDropsTheFirstPacketToEachHostCostsNothingAtASetRate) {
  for (const Sweep& sweep :
       {Sweep{.hosts = 8192, .set_rate = 1000, .first_is_dropped = true},
        Sweep{.hosts = 4096, .one_alive_in = 32, .set_rate = 1000, .timeout = 800 * ms, .first_is_dropped = true}}) {
    const Outcome worst = worst_of(5, sweep);
    EXPECT_EQ(worst.missed, 0u) << sweep.hosts;
    EXPECT_EQ(worst.in_doubt, 0u) << sweep.hosts;
    EXPECT_EQ(worst.lowest, 0u) << sweep.hosts;
    EXPECT_LT(worst.time, (2 * sweep.hosts / 1000 + 2) * second) << sweep.hosts << ": two tries for each";
  }
}

TEST(Sweeps, AndSecondsWithoutALimit) {
  for (const Sweep& sweep : {Sweep{.hosts = 65536, .first_is_dropped = true},
                             Sweep{.hosts = 256, .one_alive_in = 64, .in_flight = 4096, .first_is_dropped = true}}) {
    const Outcome worst = worst_of(5, sweep);
    EXPECT_EQ(worst.missed, 0u) << sweep.hosts;
    EXPECT_EQ(worst.in_doubt, 0u) << sweep.hosts;
    EXPECT_LT(worst.time, 5 * second) << sweep.hosts;
  }
}

TEST(Sweeps, WhoIsMissedBehindAPathThatTakesLessThanTheLowestRateIsCounted) {
  const Outcome worst =
      worst_of(3, {.hosts = 4096, .one_alive_in = 4, .set_rate = 1000, .policed_to = 40, .burst = 20});
  EXPECT_GT(worst.missed, 0u) << "this path passes what it should not: the test proves nothing";
  EXPECT_EQ(worst.lowest, 100u);
  EXPECT_LE(worst.unnoticed, worst.missed / 4) << "most of them are in doubt, beside hosts that are dead";
}

TEST(Sweeps, AQuietLineIsSweptAsFastAsItGoes) {
  const Outcome worst = worst_of(3, {.hosts = 65536});
  EXPECT_EQ(worst.missed, 0u);
  EXPECT_EQ(worst.lowest, 0u);
  EXPECT_EQ(worst.asked_again, 0u);
  EXPECT_LT(worst.time, 2 * second);
}

}  // namespace
}  // namespace sonde::core
