// What this machine may be short of while a run asks, and when anybody last had some of it.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace sonde::core {

/// How long a task waits for this machine before it ends as an error.
inline constexpr int64_t longest_shortage_ns = 10'000'000'000;

enum class Shortage : uint8_t {
  packets,      ///< of the rate: that always comes
  descriptors,  ///< or memory: what one cannot have, none can have
  neighbours,   ///< places in the kernel's neighbour table
  ports,        ///< or whatever else the kernel has too few of for one target and enough for another
};
constexpr std::size_t shortages = 4;

/// "this machine stayed short of ..."; not of packets.
std::string_view describe(Shortage);

/// Of all shards and workers together: they take from one budget, so that one of them may get everything for a while.
/// Who waits in another's queue then is not without hope, but comes later: places come free as long as somebody goes
/// on, and whoever has them has fewer hosts left each time. Any thread.
class LastHad {
 public:
  /// `now`: monotonic ns. Written once a millisecond at most, for it stands in the way of each connection.
  void note(Shortage s, int64_t now) {
    std::atomic<int64_t>& last = at_[static_cast<std::size_t>(s)];
    if (now - last.load(std::memory_order_relaxed) >= 1'000'000) last.store(now, std::memory_order_relaxed);
  }
  /// 0: nobody yet.
  int64_t operator[](Shortage s) const { return at_[static_cast<std::size_t>(s)].load(std::memory_order_relaxed); }
  /// Who has waited since then need not hope any longer: nobody had any for as long. Ports are each target's own.
  bool hopeless(Shortage, int64_t since, int64_t now) const;

 private:
  std::array<std::atomic<int64_t>, shortages> at_{};
};

}  // namespace sonde::core
