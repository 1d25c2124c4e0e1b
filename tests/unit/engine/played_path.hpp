// Paths that are played: hosts that are asked through a policer, a bad line, or a router that drops each first packet.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <utility>
#include <vector>

#include "engine/congestion.hpp"

namespace sonde::core::played {

inline constexpr int64_t ms = 1'000'000, second = 1000 * ms;
using Silence = Congestion::Silence;

/// Asks hosts that all answer, and each lost one again 250 ms later, as a probe does. `passes` says of a packet whether
/// the path lets it through.
class Play {
 public:
  explicit Play(uint64_t set_rate, bool enabled = true)
      : budget(set_rate, 0), congestion(budget, set_rate, enabled, 0) {}

  /// Until then, a millisecond at a time; `most` packets in each, if there is no limit.
  template <class Passes>
  void until(int64_t end, uint32_t most, Passes&& passes) {
    for (; now < end; now += ms) {
      int64_t again = 0;
      for (uint32_t may = budget.take(most, now, &again); may > 0; --may) {
        // Not always the retries first: a pattern would meet the policer's at the same places again and again.
        if (retries.empty() || retries.front().at > now || random() % 8 == 0) {
          send({}, passes);
          continue;
        }
        const Retry r = retries.front();
        retries.pop_front();
        send(r.sent, passes);
      }
    }
  }

  PacketBudget budget;
  Congestion congestion;
  int64_t now = 0;
  uint32_t dead_per_alive = 0;  ///< of those nobody answers, and nothing is learned
  std::mt19937 random{11};

 private:
  struct Retry {
    int64_t at;
    std::vector<int64_t> sent;  ///< in vain
  };
  template <class Passes>
  void send(std::vector<int64_t> before, Passes& passes) {
    if (before.empty() && dead_per_alive > 0 && random() % (dead_per_alive + 1) != 0) {
      passes(now, 1);  // it takes its place on the path
      return;
    }
    if (passes(now, static_cast<int>(before.size()) + 1)) {
      auto attempt = Congestion::Attempt::first;
      for (int64_t sent_at : before) congestion.lost(sent_at, now, std::exchange(attempt, Congestion::Attempt::later));
      congestion.arrived(now, now, attempt);
    } else if (before.size() < 2) {
      before.push_back(now);
      retries.push_back({now + 250 * ms, std::move(before)});
    }
  }
  std::deque<Retry> retries;
};

/// Lets through that many packets a second, 50 at once.
class Policer {
 public:
  explicit Policer(double rate) : rate_(rate) {}
  bool operator()(int64_t now, int) {
    level_ = std::min(50.0, level_ + rate_ * static_cast<double>(now - last_) / 1e9);
    last_ = now;
    if (level_ < 1) return false;
    level_ -= 1;
    return true;
  }

 private:
  double rate_, level_ = 50;
  int64_t last_ = 0;
};

/// What left in the second before.
inline void sends(PacketBudget& budget, int64_t until, uint32_t packets) {
  int64_t again = 0;
  for (int64_t at = until - second; at < until; at += 10 * ms) budget.take(packets / 100, at, &again);
}

}  // namespace sonde::core::played
