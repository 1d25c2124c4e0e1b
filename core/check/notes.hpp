// What a checking host saw a plugin do wrong, by the rule that was broken. Each rule belongs to one test, so that one
// mistake fails one test and not all that meet it.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace sonde::core::check {

enum class Rule : uint8_t {
  done_once,  ///< a second done(), or none where one was due
  stale,      ///< another call about a task that is over
  partial,    ///< a call about a task that start() did not take
  cancel,     ///< a call about a task behind its cancel()
  thread,     ///< a call from a thread or at a time that its tag forbids
  record,     ///< put(), count() or get() against the descriptor
  arguments,  ///< any other call that the host refuses as impossible
  needs,      ///< what its descriptor does not declare
  denied,     ///< a refused dial that is tried again
  turn,       ///< a dial that polls instead of waiting for its turn
  time,       ///< a callback that keeps its thread
  loss,       ///< a time told to sonde.loss/1 at which nothing can have been sent
  left_over   ///< a watch or timer behind destroy()
};

class Notes {
 public:
  void add(Rule rule, std::string text) {
    std::lock_guard lock(mutex_);
    if (Seen& seen = seen_[rule]; seen.count++ == 0) seen.first = std::move(text);
  }
  /// The first of that rule and how many there were; empty when there was none.
  std::string about(Rule rule) const {
    std::lock_guard lock(mutex_);
    const auto found = seen_.find(rule);
    if (found == seen_.end()) return {};
    const Seen& seen = found->second;
    return seen.count == 1 ? seen.first : seen.first + " (" + std::to_string(seen.count) + " times in all)";
  }

 private:
  struct Seen {
    std::string first;
    uint64_t count = 0;
  };
  mutable std::mutex mutex_;
  std::map<Rule, Seen> seen_;
};

}  // namespace sonde::core::check
