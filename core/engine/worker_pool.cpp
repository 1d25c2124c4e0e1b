#include "engine/worker_pool.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/crash.hpp"
#include "engine/shard.hpp"
#include "engine/thread_group.hpp"
#include "engine/worker_instance.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

namespace {
// A batch that is not full waits this long for more, so that a probe that works on many hosts at once gets many.
constexpr auto fill_wait = std::chrono::milliseconds(250);
constexpr auto stop_wait = std::chrono::seconds(2);

std::size_t workers_of(const RunShared& shared, const StagePlan& plan) {
  std::size_t n = shared.plan.limits.workers;
  if (plan.plugin->max_instances != 0) n = std::min<std::size_t>(n, plan.plugin->max_instances);
  if (plan.plugin->max_in_flight != 0) n = std::min<std::size_t>(n, plan.plugin->max_in_flight);
  return std::max<std::size_t>(1, std::min<std::size_t>(n, shared.plan.slice.count));
}
}  // namespace

void Job::tell_shard(void (Shard::*what)(const Job&)) {
  std::lock_guard lock(mutex);
  if (!written_off) shard.loop().post([job = shared_from_this(), what] { (job->shard.*what)(*job); });
}

void keep_for_ever(std::shared_ptr<void> what) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<std::shared_ptr<void>>;  // outlives every static's destructor
  std::lock_guard lock(mutex);
  kept->push_back(std::move(what));
}

WorkerPool::WorkerPool(RunShared& shared, uint8_t stage)
    : shared_(shared),
      stage_(stage),
      plan_(shared.plan.stages[stage]),
      max_batch_(std::max(1u, batch_of(*plan_.plugin, plan_.options))),
      queued_(shared.shard_count),
      wanted_(workers_of(shared, plan_)) {}

WorkerPool::~WorkerPool() = default;

Result<void> WorkerPool::create(std::size_t most) {
  for (std::size_t i = 0; i < std::min(wanted_, most); ++i) {
    auto worker = std::make_unique<Worker>();
    worker->instance =
        std::make_unique<WorkerInstance>(shared_, stage_, static_cast<uint32_t>(i), static_cast<uint32_t>(wanted_));
    if (auto made = worker->instance->create(); !made) {
      workers_.clear();
      return made;
    }
    workers_.push_back(std::move(worker));
  }
  return {};
}

Result<void> WorkerPool::start() {
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (auto ok = launch(i); !ok) return ok;
  return {};
}

Result<void> WorkerPool::launch(std::size_t index) {
  auto started = start_thread([pool = shared_from_this(), index] { thread_body(pool, index); });
  if (!started) return tl::unexpected(started.error());
  ++live_;
  // Detached, and holding the pool: a plugin that never returns must not hold up the end of the run.
  started->detach();
  return {};
}

bool WorkerPool::has_room(uint32_t shard) const {
  std::lock_guard lock(mutex_);
  return quarantined_ || queued_[shard] < std::max<std::size_t>(wanted_ * 2, max_batch_ * 2);
}

bool WorkerPool::submit(std::shared_ptr<Job> job) {
  std::lock_guard lock(mutex_);
  if (quarantined_ || stopping_) return false;
  ++queued_[job->shard.index()];
  queue_.push_back(std::move(job));
  changed_.notify_one();
  return true;
}

std::vector<std::shared_ptr<Job>> WorkerPool::next_batch(std::size_t index) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || workers_[index]->lost || !queue_.empty(); });
  if (queue_.size() < max_batch_)
    changed_.wait_for(lock, max_batch_ > 1 ? fill_wait : std::chrono::milliseconds(0),
                      [&] { return stopping_ || queue_.size() >= max_batch_; });
  std::vector<std::shared_ptr<Job>> batch;
  while (!workers_[index]->lost && !queue_.empty() && batch.size() < max_batch_) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    --queued_[batch.back()->shard.index()];
    batch.back()->worker = static_cast<int>(index);
  }
  return batch;
}

void WorkerPool::thread_body(std::shared_ptr<WorkerPool> pool, std::size_t index) {
  AltStack alternative;
  Worker* self = nullptr;
  {
    std::lock_guard lock(pool->mutex_);
    self = pool->workers_[index].get();
  }
  for (;;) {
    const auto batch = pool->next_batch(index);
    if (batch.empty()) {
      std::lock_guard lock(pool->mutex_);
      if (pool->stopping_ || self->lost) break;
      continue;
    }
    const int64_t deadline = monotonic_ns() + pool->plan_.deadline;
    for (const auto& job : batch) {
      job->deadline = deadline;
      job->tell_shard(&Shard::job_runs);
    }
    self->instance->run(batch);
    std::lock_guard lock(pool->mutex_);
    if (self->lost) break;  // the run may be over: nothing of it may be touched any more
    for (const auto& job : batch) job->tell_shard(&Shard::job_finished);
  }
  std::lock_guard lock(pool->mutex_);
  if (!self->lost) --pool->live_;
  pool->changed_.notify_all();
}

void WorkerPool::cut_off(Job& job) {
  job.cancelled = true;
  std::lock_guard lock(job.mutex);
  for (int fd : job.sockets) shutdown(fd, SHUT_RDWR);
}

void WorkerPool::write_off(Job& job) {
  {
    std::lock_guard lock(job.mutex);
    job.closed = job.written_off = true;
  }
  std::lock_guard lock(mutex_);
  const auto index = static_cast<std::size_t>(job.worker);
  if (job.worker < 0 || workers_[index]->lost) return;
  workers_[index]->lost = true;
  --live_;
  if (stopping_) return;
  if (replaced_ >= wanted_) return quarantine_if_empty();
  ++replaced_;
  auto fresh = std::make_unique<Worker>();
  fresh->instance = std::make_unique<WorkerInstance>(shared_, stage_, static_cast<uint32_t>(workers_.size()),
                                                     static_cast<uint32_t>(wanted_));
  if (!fresh->instance->create()) return quarantine_if_empty();
  workers_.push_back(std::move(fresh));
  if (launch(workers_.size() - 1)) return;
  workers_.pop_back();
  quarantine_if_empty();
}

void WorkerPool::quarantine_if_empty() {
  if (live_ != 0) return;
  quarantined_ = true;
  for (const std::shared_ptr<Job>& job : std::exchange(queue_, {})) {
    job->why = why_quarantined;
    job->closed = job->quarantined = true;
    job->tell_shard(&Shard::job_finished);
  }
}

void WorkerPool::cancel_queued(Shard& shard) {
  std::lock_guard lock(mutex_);
  for (auto it = queue_.begin(); it != queue_.end();) {
    if (&(*it)->shard != &shard) {
      ++it;
      continue;
    }
    const std::shared_ptr<Job> job = *it;
    job->outcome = Outcome::cancelled;
    job->closed = true;
    job->tell_shard(&Shard::job_finished);
    it = queue_.erase(it);
    --queued_[shard.index()];
  }
}

bool WorkerPool::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, stop_wait, [&] { return live_ == 0; });
  bool all_back = live_ == 0;
  for (auto& w : workers_) {
    if (!w->lost && live_ == 0) {
      w->instance.reset();  // here, and not on whichever thread lets go of the pool last
      continue;
    }
    all_back = false;
    // Its thread may still be inside the plugin: the instance must outlive this run.
    w->lost = true;
    keep_for_ever(std::shared_ptr<WorkerInstance>(std::move(w->instance)));
  }
  return all_back;
}

}  // namespace sonde::core
