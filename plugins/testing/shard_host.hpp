// For the tests of asynchronous probes: a host of one instance with a real event loop on poll(), that drives the plugin
// through its C tables. What the probe put and said is kept by target.
#pragma once
#include <poll.h>
#include <sonde/probe.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"

namespace sonde::testing {

/// What one task came to: its outcome and its outputs by index, texts as they were put.
struct Result {
  sonde_outcome outcome = 0;
  std::map<uint32_t, std::string> put;
  std::string failure;
  unsigned done = 0;  ///< must be 1
};

class ShardHost {
 public:
  explicit ShardHost(Options options) : options_(std::move(options)) { fill_table(); }
  ~ShardHost() { stop(); }
  ShardHost(const ShardHost&) = delete;
  ShardHost& operator=(const ShardHost&) = delete;

  int64_t task_timeout = 20'000'000'000;
  uint32_t pace_limit = std::numeric_limits<uint32_t>::max();  ///< tokens that are left
  uint32_t paced = 0;                                          ///< tokens that were given
  sonde_err admit_answer = SONDE_OK;
  std::vector<std::string> log;
  std::string failure;
  sonde_descriptor const* descriptor = nullptr;

  sonde_err create(const sonde_plugin* plugin) {
    plugin_ = plugin;
    descriptor = plugin->desc;
    return plugin->create(context(), &table_, &instance_);
  }
  void stop() {
    if (instance_) plugin_->destroy(std::exchange(instance_, nullptr));
  }
  bool clean() const { return watches_.empty() && timers_.empty(); }

  void add(const uint8_t (&ip)[16]) {
    TaskState t;
    std::memcpy(t.ip, ip, sizeof ip);
    tasks_.push_back(t);
  }
  void add_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    const uint8_t ip[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
    add(ip);
  }

  /// Offers all targets within max_in_flight and turns the loop until each is done, or `limit` has passed. False: it
  /// did.
  bool run(std::chrono::milliseconds limit) {
    auto* api = static_cast<const sonde_probe*>(plugin_->api);
    int64_t end = clock() + limit.count() * 1'000'000;
    while (settled_ < tasks_.size()) {
      if (clock() > end) return false;
      offer(api);
      turn(api, 10);
    }
    return true;
  }
  /// Settles what is in flight as a stopping core does.
  void cancel_all(uint32_t why) {
    for (size_t i = 0; i < offered_; ++i)
      if (tasks_[i].result.done == 0) api()->cancel(instance_, i + 1, tasks_[i].user, why);
  }
  void turn_for(std::chrono::milliseconds time) {
    int64_t end = clock() + time.count() * 1'000'000;
    offer(api());
    while (clock() < end) turn(api(), 5);
  }
  const Result& result(size_t i) const { return tasks_.at(i).result; }
  size_t settled() const { return settled_; }

 private:
  struct TaskState {
    uint8_t ip[16]{};
    uint64_t user = 0;
    int64_t deadline = 0;
    Result result;
  };
  struct Watch {
    int fd;
    uint32_t events;
    uint64_t user;
  };
  struct Timer {
    int64_t at;
    uint64_t user;
  };

  static int64_t clock() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  static ShardHost& self(sonde_ctx* c) { return *reinterpret_cast<ShardHost*>(c); }
  sonde_ctx* context() { return reinterpret_cast<sonde_ctx*>(this); }
  const sonde_probe* api() const { return static_cast<const sonde_probe*>(plugin_->api); }
  TaskState* open(sonde_task t) {
    if (t == 0 || t > tasks_.size()) return nullptr;
    TaskState& found = tasks_[t - 1];
    return found.result.done ? nullptr : &found;
  }

  void offer(const sonde_probe* probe) {
    uint32_t window = descriptor->max_in_flight ? descriptor->max_in_flight : 256;
    while (offered_ < tasks_.size() && offered_ - settled_ < window) {
      std::vector<sonde_task> batch;
      size_t room = std::min<size_t>(window - (offered_ - settled_), tasks_.size() - offered_);
      for (size_t i = 0; i < room; ++i) {
        tasks_[offered_ + i].deadline = clock() + task_timeout;
        batch.push_back(offered_ + i + 1);
      }
      size_t before = offered_;
      offered_ += room;  // done() inside start() is legal
      int32_t taken = probe->start(instance_, batch.data(), static_cast<uint32_t>(batch.size()));
      if (taken < 0) {
        for (size_t i = before; i < offered_; ++i) finish(tasks_[i], SONDE_ERROR);
        return;
      }
      if (static_cast<size_t>(taken) < room) {
        offered_ = before + static_cast<size_t>(taken);
        return;
      }
    }
  }

  void turn(const sonde_probe* probe, int wait_ms) {
    int64_t began = clock();
    int64_t nearest = began + wait_ms * 1'000'000LL;
    for (const auto& [id, timer] : timers_) nearest = std::min(nearest, timer.at);
    std::vector<pollfd> polled;
    std::vector<uint64_t> ids;
    for (const auto& [id, w] : watches_) {
      if (w.events == 0) continue;
      int events = ((w.events & SONDE_IO_READ) ? POLLIN : 0) | ((w.events & SONDE_IO_WRITE) ? POLLOUT : 0);
      polled.push_back({w.fd, static_cast<short>(events), 0});
      ids.push_back(id);
    }
    int64_t wait = std::max<int64_t>(0, (nearest - began + 999'999) / 1'000'000);
    ::poll(polled.data(), polled.size(), static_cast<int>(wait));
    int64_t drained = clock();
    for (size_t i = 0; i < polled.size(); ++i) {
      auto it = watches_.find(ids[i]);
      if (polled[i].revents == 0 || it == watches_.end()) continue;
      int seen = polled[i].revents;
      uint32_t events = ((seen & (POLLIN | POLLHUP)) ? uint32_t{SONDE_IO_READ} : 0u) |
                        ((seen & POLLOUT) ? uint32_t{SONDE_IO_WRITE} : 0u) |
                        ((seen & POLLERR) ? uint32_t{SONDE_IO_ERROR} : 0u);
      probe->on_io(instance_, ids[i], it->second.user, events);
    }
    std::vector<std::pair<uint64_t, uint64_t>> due;
    for (const auto& [id, timer] : timers_)
      if (timer.at <= drained) due.emplace_back(id, timer.user);
    for (auto [id, user] : due)
      if (timers_.erase(id)) probe->on_timer(instance_, id, user);
    for (size_t i = 0; i < offered_; ++i)
      if (tasks_[i].result.done == 0 && clock() > tasks_[i].deadline) {
        probe->cancel(instance_, i + 1, tasks_[i].user, SONDE_EXPIRED);
        if (tasks_[i].result.done == 0) finish(tasks_[i], SONDE_NO_ANSWER);
      }
  }
  void finish(TaskState& task, sonde_outcome outcome) {
    task.result.outcome = outcome;
    ++task.result.done;
    ++settled_;
  }

  void fill_table() {
    table_.size = sizeof table_;
    table_.log_enabled = [](sonde_ctx*, int) { return 1; };
    table_.log = [](sonde_ctx* c, sonde_task, int, sonde_str m) { self(c).log.emplace_back(m.ptr, m.len); };
    table_.fail = [](sonde_ctx* c, sonde_task t, sonde_err, sonde_str why) {
      self(c).failure.assign(why.ptr, why.len);
      if (auto* task = self(c).open(t)) task->result.failure.assign(why.ptr, why.len);
    };
    table_.now = [](sonde_ctx*) { return clock(); };
    table_.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options_.get({p.ptr, p.len}, type, *out);
    };
    table_.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options_.count({p.ptr, p.len}); };
    table_.target = [](sonde_ctx* c, sonde_task t, sonde_target* out) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      std::memcpy(out->ip, task->ip, sizeof task->ip);
      return SONDE_OK;
    };
    table_.deadline = [](sonde_ctx* c, sonde_task t) { return self(c).open(t) ? self(c).open(t)->deadline : 0; };
    table_.attach = [](sonde_ctx* c, sonde_task t, uint64_t user) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      task->user = user;
      return SONDE_OK;
    };
    table_.put = [](sonde_ctx* c, sonde_task t, uint32_t output, sonde_str, const sonde_value* v) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      task->result.put[output].assign(v->as.s.ptr, v->as.s.len);
      return SONDE_OK;
    };
    table_.done = [](sonde_ctx* c, sonde_task t, sonde_outcome outcome) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      self(c).finish(*task, outcome);
      return SONDE_OK;
    };
    table_.admit = [](sonde_ctx* c, sonde_task, const sonde_target*) {
      if (self(c).admit_answer == SONDE_E_DENIED) self(c).failure = "127.0.0.1 is no server that the options name";
      return self(c).admit_answer;
    };
    table_.pace = [](sonde_ctx* c, uint32_t wanted, int64_t* again) {
      uint32_t given = std::min(wanted, self(c).pace_limit);
      self(c).pace_limit -= given;
      self(c).paced += given;
      if (given < wanted) *again = clock() + 1'000'000;
      return given;
    };
    table_.watch = [](sonde_ctx* c, int fd, uint32_t events, uint64_t user, uint64_t* id) -> sonde_err {
      *id = ++self(c).next_id_;
      self(c).watches_[*id] = {fd, events, user};
      return SONDE_OK;
    };
    table_.rewatch = [](sonde_ctx* c, uint64_t id, uint32_t events) -> sonde_err {
      auto it = self(c).watches_.find(id);
      if (it == self(c).watches_.end()) return SONDE_E_INVALID;
      it->second.events = events;
      return SONDE_OK;
    };
    table_.unwatch = [](sonde_ctx* c, uint64_t id) -> sonde_err {
      return self(c).watches_.erase(id) ? SONDE_OK : SONDE_E_INVALID;
    };
    table_.timer = [](sonde_ctx* c, int64_t at, uint64_t user, uint64_t* id) -> sonde_err {
      if (!self(c).timers_.count(*id)) *id = ++self(c).next_id_;
      self(c).timers_[*id] = {at, user};
      return SONDE_OK;
    };
    table_.untimer = [](sonde_ctx* c, uint64_t* id) -> sonde_err {
      self(c).timers_.erase(std::exchange(*id, 0));
      return SONDE_OK;
    };
  }

  sonde_host table_{};
  Options options_;
  const sonde_plugin* plugin_ = nullptr;
  sonde_inst* instance_ = nullptr;
  std::vector<TaskState> tasks_;
  size_t offered_ = 0, settled_ = 0;
  std::map<uint64_t, Watch> watches_;
  std::map<uint64_t, Timer> timers_;
  uint64_t next_id_ = 0;
};

}  // namespace sonde::testing
