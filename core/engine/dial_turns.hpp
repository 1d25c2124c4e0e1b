// Dials that wait until the rate permits them, or until this machine has what they are short of; see dial() in the ABI.
#pragma once
#include <sonde/plugin.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>

#include "engine/shortages.hpp"

namespace sonde::core {

class ProbeInstance;

/// Dials of one task that may wait, for whatever it is.
inline constexpr std::size_t most_waiting_dials = 64;

/// Of one shard. Another has its own: who waits in one is not ahead of who waits in the other since later, and both
/// look as often.
class DialTurns {
 public:
  /// `last_had`: of the run.
  explicit DialTurns(const LastHad& last_had) : last_had_(last_had) {}
  struct Turn {
    ProbeInstance* instance;
    sonde_task task;
    uint64_t user;
    int64_t since;  ///< when it was first refused: for the rate, or for a shortage
  };
  /// To the end of the queue. The turn that is being served keeps its place when it is refused once more.
  void wait(Shortage, const Turn&);
  /// Since when this dial waits for that, if it is the turn that is being served; else `now`. One shortage may follow
  /// another; but who waited for the rate was short of nothing, and who has what it lacked waits for the rate anew.
  int64_t waits_since(Shortage, const ProbeInstance&, sonde_task, uint64_t user, int64_t now) const;
  /// How long it has just waited for the rate.
  int64_t waited_for_rate(const ProbeInstance&, sonde_task, uint64_t user, int64_t now) const;
  /// How many dials for task 0 of this instance wait.
  std::size_t of_services(const ProbeInstance&) const;

  /// Calls `dial` for one turn after the other until one is refused again. What only some targets are short of is
  /// tried for some of all of them, in rotation.
  void serve(Shortage, const std::function<void(const Turn&)>& dial);
  bool empty(Shortage s) const { return queues_[at(s)].empty(); }
  /// What this machine is short of is not asked for more than every few milliseconds: true when it is time again, and
  /// then not for a while.
  bool due(Shortage, int64_t now);
  /// When the next of those is due; the rate has its own time.
  int64_t next_look() const;

  /// The first of the queue is hopeless.
  bool first_is_hopeless(Shortage, int64_t now) const;

 private:
  static std::size_t at(Shortage s) { return static_cast<std::size_t>(s); }
  struct Serving {
    Shortage what;
    Turn turn;
  };
  bool serves(const ProbeInstance&, sonde_task, uint64_t user) const;
  const LastHad& last_had_;
  std::array<std::deque<Turn>, shortages> queues_;
  std::array<int64_t, shortages> next_look_{};
  const Serving* serving_ = nullptr;
};

}  // namespace sonde::core
