// Which rates were permitted, and since when: what became of packets is judged by the rate at which they left.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace sonde::core {

class RateHistory {
 public:
  /// `free_rate`: packets a second where nothing slows the run down. Times are monotonic ns.
  RateHistory(int64_t start, uint64_t free_rate);

  void fell_to(uint64_t rate, int64_t now);
  void grew_to(uint64_t rate, int64_t now);
  void set_free(int64_t now);

  /// A time of one rate; it ends where the next begins.
  struct Regime {
    int64_t from;
    uint64_t permitted;  ///< packets a second
  };
  /// In the order of time; the first is that of the free run before the first fall, the last is the present.
  std::span<const Regime> regimes() const { return regimes_; }
  /// Since when more than about `rate` was permitted, but no later than `otherwise`: since the last fall the rate only
  /// grew.
  int64_t faster_since(uint64_t rate, int64_t otherwise) const;
  int64_t last_change() const { return regimes_.back().from; }
  /// When it last fell or was set free; before that, the start.
  int64_t last_fall() const { return since_the_fall_.empty() ? last_change() : since_the_fall_.front().from; }

  /// The two that are most alike are joined when there would be more.
  static constexpr std::size_t regimes_kept = 16;

 private:
  void begin(uint64_t rate, int64_t now);
  void join_the_most_alike();

  const uint64_t free_rate_;
  std::vector<Regime> regimes_;
  std::vector<Regime> since_the_fall_;  ///< the same times, never joined
};

}  // namespace sonde::core
