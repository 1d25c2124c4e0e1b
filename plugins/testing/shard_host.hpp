// For the tests of asynchronous probes: a host of one instance with a real event loop on poll() and real connections,
// that drives the plugin through its C tables and can be told to be short of something. What the probe put and said is
// kept by target.
#pragma once
#include <sonde/probe.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "losses.hpp"
#include "options.hpp"
#include "shard_sockets.hpp"
#include "shard_table.hpp"
#include "shard_tasks.hpp"

namespace sonde::testing {

class ShardHost : public ShardTasks, public ShardSockets {
 public:
  explicit ShardHost(Options given = {}) : options(std::move(given)) {}
  virtual ~ShardHost() { stop(); }
  ShardHost(const ShardHost&) = delete;
  ShardHost& operator=(const ShardHost&) = delete;

  Options options;
  uint32_t pace_limit = std::numeric_limits<uint32_t>::max();  ///< tokens that are left
  std::function<uint32_t(uint32_t)> pacing;                    ///< instead of the limit: how many of so many
  sonde_err admit_answer = SONDE_OK;
  /// What raw() answers; nothing: this machine allows no raw sockets.
  std::function<sonde_err(int family, int proto, uint32_t ifindex, int& fd)> raw;
  bool done_hangs_up = true;  ///< false: shows what the plugin leaves open
  Losses losses;              ///< sonde.loss/1
  /// The plugin's time stands still here until the test moves it; nothing: the machine's, which goes on.
  std::optional<int64_t> held_clock;

  uint32_t paced = 0;  ///< tokens that were given
  std::vector<std::string> log;
  std::string failure;
  sonde_descriptor const* descriptor = nullptr;

  int64_t now() const { return held_clock.value_or(clock_ns()); }
  sonde_ctx* context() { return reinterpret_cast<sonde_ctx*>(this); }
  const sonde_host* table() const { return &table_; }
  sonde_err create(const sonde_plugin* plugin) {
    plugin_ = plugin;
    descriptor = plugin->desc;
    return plugin->create(context(), &table_, &instance_);
  }
  void stop() {
    if (instance_) plugin_->destroy(std::exchange(instance_, nullptr));
    while (open_connections() > 0) hangup(connection_of(0), false);
  }
  bool clean() const { return watches_.empty() && timers_.empty(); }
  std::size_t live_timers() const { return timers_.size(); }

  /// Offers the targets within max_in_flight. False: start() returned an error.
  bool offer() {
    const uint32_t window = descriptor->max_in_flight ? descriptor->max_in_flight : 256;
    while (offered_ < tasks_.size() && offered_ - settled_ < window) {
      std::vector<sonde_task> batch;
      const std::size_t before = offered_;
      const std::size_t room = std::min<std::size_t>(window - (offered_ - settled_), tasks_.size() - offered_);
      for (std::size_t i = 0; i < room; ++i) {
        tasks_[offered_ + i].deadline = now() + task_timeout;
        batch.push_back(offered_ + i + 1);
      }
      offered_ += room;  // done() inside start() is legal
      const int32_t taken = api()->start(instance_, batch.data(), static_cast<uint32_t>(batch.size()));
      if (taken < 0) {
        for (std::size_t i = before; i < offered_; ++i) finish(i + 1, SONDE_ERROR);
        return false;
      }
      if (static_cast<std::size_t>(taken) < room) {
        offered_ = before + static_cast<std::size_t>(taken);
        break;
      }
    }
    return true;
  }
  /// Offers all targets and turns the loop until each is done, or `limit` has passed. False: it did.
  bool run(std::chrono::milliseconds limit) {
    const int64_t end = clock_ns() + limit.count() * 1'000'000;
    while (settled_ < tasks_.size()) {
      if (clock_ns() > end) return false;
      offer();
      turn(10);
    }
    return true;
  }
  void turn_for(std::chrono::milliseconds time) {
    const int64_t end = clock_ns() + time.count() * 1'000'000;
    offer();
    while (clock_ns() < end) turn(5);
  }
  /// Once round the loop: turns of dials, events, timers, deadlines.
  void turn(int wait_ms) {
    const auto on_io = [this](uint64_t id, uint64_t user, uint32_t events) {
      api()->on_io(instance_, id, user, events);
    };
    serve_turns([this](sonde_task task, uint64_t user) {
      if (open(task)) api()->on_timer(instance_, 0, user);
    });
    deliver_faults(on_io);
    const int64_t began = now();
    int64_t nearest = began + wait_ms * 1'000'000LL;
    for (const auto& [id, timer] : timers_) nearest = std::min(nearest, timer.at);
    deliver_events(
        nearest - began, peer(), [this] { serve_peer(); }, on_io);
    deliver_timers();
    expire();
  }
  /// Settles what is in flight as a stopping core does.
  void cancel_all(uint32_t why) {
    for (std::size_t i = 0; i < offered_; ++i)
      if (tasks_[i].result.done == 0) api()->cancel(instance_, i + 1, tasks_[i].user, why);
  }

 protected:
  /// What the test brings along itself: a descriptor to wait for beside the plugin's, and what to do in each turn.
  virtual int peer() const { return -1; }
  virtual void serve_peer() {}

 private:
  friend struct ShardTable<ShardHost>;
  struct Timer {
    int64_t at;
    uint64_t user;
  };

  const sonde_probe* api() const { return static_cast<const sonde_probe*>(plugin_->api); }

  void deliver_timers() {
    const int64_t at = now();
    std::vector<uint64_t> due;
    for (const auto& [id, timer] : timers_)
      if (timer.at <= at) due.push_back(id);
    for (const uint64_t id : due) {
      const auto it = timers_.find(id);
      if (it == timers_.end() || it->second.at > at) continue;  // a callback of these moved it
      const uint64_t user = it->second.user;
      timers_.erase(it);
      api()->on_timer(instance_, id, user);
    }
  }
  void expire() {
    for (std::size_t i = 0; i < offered_ && !ended; ++i)
      if (tasks_[i].result.done == 0 && now() > tasks_[i].deadline) {
        api()->cancel(instance_, i + 1, tasks_[i].user, SONDE_EXPIRED);
        if (tasks_[i].result.done == 0) finish(i + 1, SONDE_NO_ANSWER);
      }
  }
  bool finish(sonde_task task, sonde_outcome outcome) {
    if (!settle(task, outcome)) return false;
    while (done_hangs_up && connections_of(task) > 0) hangup(connection_of(task), false);
    return true;
  }

  const sonde_host table_ = ShardTable<ShardHost>::make();
  const sonde_plugin* plugin_ = nullptr;
  sonde_inst* instance_ = nullptr;
  std::map<uint64_t, Timer> timers_;
  uint64_t next_timer_ = 0;
};

}  // namespace sonde::testing
