// How much of a shard is not in the journal yet: hosts and their facts, in slots or handed over and not yet written.
// Bounds what a kill -9 costs, and what waits in memory.
#pragma once
#include <cstdint>

#include "engine/run_shared.hpp"

namespace sonde::core {

class InFlightLedger {
 public:
  /// `written`: what the coordinator says of this shard.
  InFlightLedger(RunShared::Written& written, uint32_t most_hosts, uint64_t most_facts)
      : written_(written), most_hosts_(most_hosts), most_facts_(most_facts) {}

  /// A host has come in with so many facts of sources.
  void came(uint64_t source_facts) { source_facts_ += source_facts; }
  /// It is settled and leaves its slot.
  void left(uint64_t source_facts) { source_facts_ -= source_facts; }
  /// And is told of, with so many facts.
  void handed_over(uint64_t facts) {
    ++hosts_;
    facts_ += facts;
  }
  struct Told {
    uint64_t hosts, facts;
  };
  /// All that was handed over is delivered now: how much that is, since the run began.
  Told tell() { return told_ = {hosts_, facts_}; }

  /// For one more host, when so many are in slots.
  bool has_room(uint32_t in_slots) const { return in_slots + unwritten() < most_hosts_ && held_facts() < most_facts_; }
  /// There is none, and it is what the coordinator has not taken yet that fills it.
  bool waits_for_writing(uint32_t in_slots) const {
    return !has_room(in_slots) && in_slots < most_hosts_ && source_facts_ < most_facts_;
  }
  /// Asks to be woken when what was handed over is written. True: there is room by now.
  bool await_room(uint32_t in_slots) {
    if (has_room(in_slots)) return true;
    written_.awaited.store(true);
    return has_room(in_slots);
  }
  /// Intake will soon wait for the journal: what was handed over is to be told now.
  bool crowded() const {
    return (hosts_ - told_.hosts) * 4 >= most_hosts_ || (facts_ - told_.facts) * 4 >= most_facts_;
  }

 private:
  /// Hosts settled here that a kill -9 would still lose.
  uint64_t unwritten() const { return hosts_ - written_.hosts.load(); }
  /// Of hosts that sources spoke of and of settled ones, until the coordinator has taken them.
  uint64_t held_facts() const { return source_facts_ + facts_ - written_.facts.load(); }

  RunShared::Written& written_;
  const uint64_t most_hosts_, most_facts_;
  uint64_t source_facts_ = 0;       ///< of hosts in slots
  uint64_t hosts_ = 0, facts_ = 0;  ///< handed over
  Told told_{};
};

}  // namespace sonde::core
