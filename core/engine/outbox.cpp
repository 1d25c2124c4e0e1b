#include "engine/outbox.hpp"

#include <chrono>
#include <iterator>

namespace sonde::core {

namespace {
template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  if (to.empty()) {
    to.swap(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
  from.clear();
}
}  // namespace

void Inbox::deliver(Batch&& b) {
  std::lock_guard lock(mutex_);
  append(batch_.results, b.results);
  append(batch_.settled, b.settled);
  append(batch_.silent, b.silent);
  if (batch_.silent_outcomes.size() < b.silent_outcomes.size()) batch_.silent_outcomes.resize(b.silent_outcomes.size());
  for (std::size_t i = 0; i < b.silent_outcomes.size(); ++i)
    add_counts(batch_.silent_outcomes[i], b.silent_outcomes[i]);
  append(batch_.unasked, b.unasked);
  append(batch_.logs, b.logs);
  append(batch_.failures, b.failures);
  append(batch_.handed_over, b.handed_over);
  arrived_.notify_one();
}

void Inbox::count(std::size_t shard, const std::vector<StageCounters>& stages, uint64_t settled) {
  std::lock_guard lock(mutex_);
  counters_[shard].stages = stages;
  counters_[shard].settled = settled;
}

void Inbox::shard_finished() {
  std::lock_guard lock(mutex_);
  ++finished_;
  arrived_.notify_one();
}

Batch Inbox::collect(int ms) {
  std::unique_lock lock(mutex_);
  const std::size_t before = finished_;
  arrived_.wait_for(lock, std::chrono::milliseconds(ms), [&] { return !batch_.empty() || finished_ != before; });
  Batch out;
  std::swap(out, batch_);
  return out;
}

std::size_t Inbox::finished() const {
  std::lock_guard lock(mutex_);
  return finished_;
}

std::vector<StageCounters> Inbox::counters(uint64_t* settled) const {
  std::lock_guard lock(mutex_);
  std::vector<StageCounters> sum;
  *settled = 0;
  for (const PerShard& shard : counters_) {
    *settled += shard.settled;
    if (sum.size() < shard.stages.size()) sum.resize(shard.stages.size());
    for (std::size_t i = 0; i < shard.stages.size(); ++i) {
      add_counts(sum[i].by_outcome, shard.stages[i].by_outcome);
      sum[i].first_alive += shard.stages[i].first_alive;
      sum[i].in_flight += shard.stages[i].in_flight;
      sum[i].waiting += shard.stages[i].waiting;
      sum[i].postponed += shard.stages[i].postponed;
      sum[i].dropped_receive += shard.stages[i].dropped_receive;
      sum[i].queue_full += shard.stages[i].queue_full;
      sum[i].asked_again += shard.stages[i].asked_again;
      sum[i].in_doubt += shard.stages[i].in_doubt;
    }
  }
  return sum;
}

}  // namespace sonde::core
