// For the tests of asynchronous probes: a host of one instance with a real event loop on poll() and real connections,
// that drives the plugin through its C tables. It limits connections as the engine does, AGAIN and the turn included,
// and can be told to be short of something. What the probe put and said is kept by target.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sonde/probe.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"

namespace sonde::testing {

/// What one task came to: its outcome and its outputs by index, values as text.
struct Result {
  sonde_outcome outcome = 0;
  std::map<uint32_t, std::string> put;
  std::map<uint32_t, std::map<std::string, std::string>> by_key;  ///< the same, of maps
  std::map<uint32_t, std::set<uint64_t>> numbers;                 ///< the same, of lists of numbers
  std::string failure;
  unsigned done = 0;  ///< must be 1
};

class ShardHost {
 public:
  explicit ShardHost(Options given = {}) : options(std::move(given)) { fill_table(); }
  virtual ~ShardHost() { stop(); }
  ShardHost(const ShardHost&) = delete;
  ShardHost& operator=(const ShardHost&) = delete;

  Options options;
  int64_t task_timeout = 20'000'000'000;
  uint32_t pace_limit = std::numeric_limits<uint32_t>::max();  ///< tokens that are left
  std::function<uint32_t(uint32_t)> pacing;                    ///< instead of the limit: how many of so many
  sonde_err admit_answer = SONDE_OK;
  std::size_t connections_per_host = std::numeric_limits<std::size_t>::max();
  unsigned refused_dials = 0;                  ///< so many are answered with AGAIN; their turn comes
  std::set<uint16_t> denied;                   ///< ports
  std::map<uint16_t, int> fault;               ///< an errno that the connect to a port ends with
  std::map<uint16_t, std::string> unroutable;  ///< refused by dial() itself, with this reason
  uint32_t dials_go_to = 0;                    ///< this IPv4 address instead of the target's; 0: to the target's
  bool done_hangs_up = true;                   ///< false: shows what the plugin leaves open
  bool ended = false;                          ///< the host has settled all tasks without the plugin
  std::map<uint32_t, std::vector<sonde_value>> known;  ///< what earlier stages have put, by input
  bool asked_before = true;                            ///< earlier stages were asked for what is not known
  std::string target_name;

  uint32_t paced = 0;  ///< tokens that were given
  std::size_t dials = 0, most_at_once = 0, io_calls = 0;
  int last_descriptor = -1;  ///< of a dial
  std::vector<std::string> log;
  std::string failure;
  sonde_descriptor const* descriptor = nullptr;

  sonde_ctx* context() { return reinterpret_cast<sonde_ctx*>(this); }
  const sonde_host* table() const { return &table_; }
  sonde_err create(const sonde_plugin* plugin) {
    plugin_ = plugin;
    descriptor = plugin->desc;
    return plugin->create(context(), &table_, &instance_);
  }
  void know(uint32_t input, bool truth) {
    sonde_value value{};
    value.type = SONDE_BOOL;
    value.as.u = truth ? 1 : 0;
    known[input] = {value};
  }
  void know(uint32_t input, const std::vector<uint64_t>& numbers) {
    known[input].clear();
    for (const uint64_t number : numbers) {
      sonde_value value{};
      value.type = SONDE_U64;
      value.as.u = number;
      known[input].push_back(value);
    }
  }
  void stop() {
    if (instance_) plugin_->destroy(std::exchange(instance_, nullptr));
    while (open_connections() > 0) hangup(connection_of(0), false);
  }
  bool clean() const { return watches_.empty() && timers_.empty(); }
  std::size_t live_timers() const { return timers_.size(); }
  std::size_t open_connections() const {
    return static_cast<std::size_t>(
        std::count_if(watches_.begin(), watches_.end(), [](const auto& w) { return w.second.task != 0; }));
  }

  void add(const uint8_t (&ip)[16]) {
    TaskState t;
    std::memcpy(t.ip, ip, sizeof ip);
    tasks_.push_back(t);
  }
  void add_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    const uint8_t ip[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
    add(ip);
  }

  /// Offers the targets within max_in_flight. False: start() returned an error.
  bool offer() {
    const uint32_t window = descriptor->max_in_flight ? descriptor->max_in_flight : 256;
    while (offered_ < tasks_.size() && offered_ - settled_ < window) {
      std::vector<sonde_task> batch;
      const std::size_t before = offered_;
      const std::size_t room = std::min<std::size_t>(window - (offered_ - settled_), tasks_.size() - offered_);
      for (std::size_t i = 0; i < room; ++i) {
        tasks_[offered_ + i].deadline = clock() + task_timeout;
        batch.push_back(offered_ + i + 1);
      }
      offered_ += room;  // done() inside start() is legal
      const int32_t taken = api()->start(instance_, batch.data(), static_cast<uint32_t>(batch.size()));
      if (taken < 0) {
        for (std::size_t i = before; i < offered_; ++i) finish(tasks_[i], SONDE_ERROR);
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
    const int64_t end = clock() + limit.count() * 1'000'000;
    while (settled_ < tasks_.size()) {
      if (clock() > end) return false;
      offer();
      turn(10);
    }
    return true;
  }
  void turn_for(std::chrono::milliseconds time) {
    const int64_t end = clock() + time.count() * 1'000'000;
    offer();
    while (clock() < end) turn(5);
  }
  /// Once round the loop: turns of dials, events, timers, deadlines.
  void turn(int wait_ms) {
    serve_turns();
    deliver_faults();
    deliver_events(wait_ms);
    deliver_timers();
    expire();
  }
  /// Settles what is in flight as a stopping core does.
  void cancel_all(uint32_t why) {
    for (std::size_t i = 0; i < offered_; ++i)
      if (tasks_[i].result.done == 0) api()->cancel(instance_, i + 1, tasks_[i].user, why);
  }
  const Result& result(std::size_t i) const { return tasks_.at(i).result; }
  std::size_t settled() const { return settled_; }

 protected:
  /// The value of that key, or an empty one.
  template <class Map>
  static typename Map::mapped_type at(const Map& map, const typename Map::key_type& key) {
    const auto it = map.find(key);
    return it == map.end() ? typename Map::mapped_type() : it->second;
  }
  /// What the test brings along itself: a descriptor to wait for beside the plugin's, and what to do in each turn.
  virtual int peer() const { return -1; }
  virtual void serve_peer() {}

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
    sonde_task task = 0;  ///< dialled for it; 0: by watch()
    int fault = 0;        ///< told in the next turn, as the engine does
  };
  struct Timer {
    int64_t at;
    uint64_t user;
  };
  struct Turn {
    sonde_task task;
    uint64_t user;
  };

  static int64_t clock() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  static ShardHost& self(sonde_ctx* c) { return *reinterpret_cast<ShardHost*>(c); }
  const sonde_probe* api() const { return static_cast<const sonde_probe*>(plugin_->api); }
  TaskState* open(sonde_task t) {
    if (t == 0 || t > tasks_.size()) return nullptr;
    TaskState& found = tasks_[t - 1];
    return found.result.done ? nullptr : &found;
  }
  std::size_t connections_of(sonde_task task) const {
    return static_cast<std::size_t>(
        std::count_if(watches_.begin(), watches_.end(), [&](const auto& w) { return w.second.task == task; }));
  }
  /// The first that is open, of any task where `task` is 0.
  uint64_t connection_of(sonde_task task) const {
    for (const auto& [id, w] : watches_)
      if (w.task != 0 && (task == 0 || w.task == task)) return id;
    return 0;
  }

  void serve_turns() {
    for (std::size_t n = turns_.size(); n > 0 && !turns_.empty(); --n) {
      const Turn t = turns_.front();
      if (connections_of(t.task) >= connections_per_host) return;
      turns_.pop_front();
      if (open(t.task)) api()->on_timer(instance_, 0, t.user);
    }
  }
  void deliver_faults() {
    std::vector<uint64_t> ids;
    for (const auto& [id, w] : watches_)
      if (w.fault != 0) ids.push_back(id);
    for (const uint64_t id : ids) {
      const auto it = watches_.find(id);
      if (it == watches_.end()) continue;
      const int error = std::exchange(it->second.fault, 0);
      it->second.events = 0;
      api()->on_io(instance_, id, it->second.user, SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16);
    }
  }
  void deliver_events(int wait_ms) {
    const int64_t began = clock();
    int64_t nearest = began + wait_ms * 1'000'000LL;
    for (const auto& [id, timer] : timers_) nearest = std::min(nearest, timer.at);
    std::vector<pollfd> polled{{peer(), POLLIN, 0}};
    std::vector<uint64_t> ids;
    for (const auto& [id, w] : watches_) {
      if (w.events == 0) continue;
      const int events = ((w.events & SONDE_IO_READ) ? POLLIN : 0) | ((w.events & SONDE_IO_WRITE) ? POLLOUT : 0);
      polled.push_back({w.fd, static_cast<short>(events), 0});
      ids.push_back(id);
    }
    serve_peer();
    const int64_t wait = std::max<int64_t>(0, (nearest - began + 999'999) / 1'000'000);
    ::poll(polled.data(), polled.size(), static_cast<int>(wait));
    serve_peer();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const int seen = polled[i + 1].revents;
      const auto it = watches_.find(ids[i]);
      if (seen == 0 || it == watches_.end()) continue;
      uint32_t events =
          ((seen & POLLIN) ? uint32_t{SONDE_IO_READ} : 0u) | ((seen & POLLOUT) ? uint32_t{SONDE_IO_WRITE} : 0u);
      if (seen & POLLERR) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(it->second.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        events |= error != 0 ? SONDE_IO_ERROR | static_cast<uint32_t>(error) << 16 : uint32_t{SONDE_IO_READ};
      } else if (seen & POLLHUP) {
        events |= it->second.events;
      }
      ++io_calls;
      api()->on_io(instance_, ids[i], it->second.user, events);
    }
  }
  void deliver_timers() {
    const int64_t now = clock();
    std::vector<uint64_t> due;
    for (const auto& [id, timer] : timers_)
      if (timer.at <= now) due.push_back(id);
    for (const uint64_t id : due) {
      const auto it = timers_.find(id);
      if (it == timers_.end() || it->second.at > now) continue;  // a callback of these moved it
      const uint64_t user = it->second.user;
      timers_.erase(it);
      api()->on_timer(instance_, id, user);
    }
  }
  void expire() {
    for (std::size_t i = 0; i < offered_ && !ended; ++i)
      if (tasks_[i].result.done == 0 && clock() > tasks_[i].deadline) {
        api()->cancel(instance_, i + 1, tasks_[i].user, SONDE_EXPIRED);
        if (tasks_[i].result.done == 0) finish(tasks_[i], SONDE_NO_ANSWER);
      }
  }

  void finish(TaskState& task, sonde_outcome outcome) {
    if (task.result.done++ > 0) return;
    task.result.outcome = outcome;
    ++settled_;
    const auto id = static_cast<sonde_task>(&task - tasks_.data()) + 1;
    while (done_hangs_up && connections_of(id) > 0) hangup(connection_of(id), false);
  }
  void put(TaskState& task, uint32_t output, const std::string& key, const sonde_value& v) {
    const bool is_text = v.type == SONDE_TEXT || v.type == SONDE_JSON;
    const std::string text = is_text               ? std::string(v.as.s.ptr, v.as.s.len)
                             : v.type == SONDE_I64 ? std::to_string(v.as.i)
                                                   : std::to_string(v.as.u);
    if (!key.empty()) task.result.by_key[output][key] = text;
    if (!is_text) task.result.numbers[output].insert(v.as.u);
    task.result.put[output] = text;
  }

  sonde_err dial(sonde_task task, const sonde_target& to, uint32_t events, uint64_t user, sonde_conn& out) {
    if (denied.count(to.port) != 0) return SONDE_E_DENIED;
    if (const auto it = unroutable.find(to.port); it != unroutable.end()) {
      failure = it->second;
      return SONDE_E_IO;
    }
    ++dials;
    if (refused_dials > 0 || connections_of(task) >= connections_per_host) {
      if (refused_dials > 0)
        --refused_dials;
      else
        --dials;  // the engine does not come as far as a connect
      turns_.push_back({task, user});
      return SONDE_E_AGAIN;
    }
    const int type = (to.proto == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    last_descriptor = ::socket(AF_INET, type, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    std::memcpy(&at.sin_addr.s_addr, to.ip + 12, 4);
    if (dials_go_to != 0) at.sin_addr.s_addr = htonl(dials_go_to);
    at.sin_port = htons(to.port);
    Watch w{last_descriptor, events, user, task, 0};
    if (const auto it = fault.find(to.port); it != fault.end())
      w.fault = it->second;
    else if (::connect(w.fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS)
      w.fault = errno;
    if (w.fault != 0) w.events = 0;
    const uint64_t id = ++next_id_;
    watches_[id] = w;
    out = {id, w.fd, 0};
    most_at_once = std::max(most_at_once, connections_of(task));
    return SONDE_OK;
  }
  sonde_err hangup(uint64_t id, bool reset) {
    const auto it = watches_.find(id);
    if (it == watches_.end()) return SONDE_E_STALE;
    if (it->second.task == 0) return SONDE_E_INVALID;
    if (reset) {
      const linger now{1, 0};
      ::setsockopt(it->second.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    ::close(it->second.fd);
    watches_.erase(it);
    return SONDE_OK;
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
    table_.place = [](sonde_ctx*, sonde_place* p) -> sonde_err {
      p->seed = 7;
      return SONDE_OK;
    };
    table_.option = [](sonde_ctx* c, sonde_str p, uint32_t type, sonde_value* out) {
      return self(c).options.get({p.ptr, p.len}, type, *out);
    };
    table_.option_count = [](sonde_ctx* c, sonde_str p) { return self(c).options.count({p.ptr, p.len}); };
    table_.target = [](sonde_ctx* c, sonde_task t, sonde_target* out) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      std::memcpy(out->ip, task->ip, sizeof task->ip);
      out->name = {self(c).target_name.data(), self(c).target_name.size()};
      return SONDE_OK;
    };
    table_.deadline = [](sonde_ctx* c, sonde_task t) {
      return self(c).open(t) && !self(c).ended ? self(c).open(t)->deadline : 0;
    };
    table_.attach = [](sonde_ctx* c, sonde_task t, uint64_t user) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      task->user = user;
      return SONDE_OK;
    };
    table_.put = [](sonde_ctx* c, sonde_task t, uint32_t output, sonde_str key, const sonde_value* v) -> sonde_err {
      auto* task = self(c).open(t);
      if (!task) return SONDE_E_STALE;
      self(c).put(*task, output, {key.ptr, key.len}, *v);
      return SONDE_OK;
    };
    table_.count = [](sonde_ctx* c, sonde_task, uint32_t input) {
      const auto found = self(c).known.find(input);
      return found == self(c).known.end() ? 0u : static_cast<uint32_t>(found->second.size());
    };
    table_.get = [](sonde_ctx* c, sonde_task, uint32_t input, uint32_t item, sonde_str*,
                    sonde_value* out) -> sonde_err {
      const auto found = self(c).known.find(input);
      if (found == self(c).known.end() || item >= found->second.size())
        return self(c).asked_before ? SONDE_E_ABSENT : SONDE_E_UNSUPPORTED;
      *out = found->second[item];
      return SONDE_OK;
    };
    table_.done = [](sonde_ctx* c, sonde_task t, sonde_outcome outcome) -> sonde_err {
      if (t == 0 || t > self(c).tasks_.size()) return SONDE_E_STALE;
      const bool stale = !self(c).open(t);
      self(c).finish(self(c).tasks_[t - 1], outcome);  // a second one is counted
      return stale ? sonde_err{SONDE_E_STALE} : sonde_err{SONDE_OK};
    };
    table_.dial = [](sonde_ctx* c, sonde_task t, const sonde_target* to, uint32_t events, uint64_t user,
                     sonde_conn* out) { return self(c).dial(t, *to, events, user, *out); };
    table_.hangup = [](sonde_ctx* c, uint64_t id, int reset) { return self(c).hangup(id, reset != 0); };
    table_.admit = [](sonde_ctx* c, sonde_task, const sonde_target*) {
      if (self(c).admit_answer == SONDE_E_DENIED) self(c).failure = "127.0.0.1 is no server that the options name";
      return self(c).admit_answer;
    };
    table_.pace = [](sonde_ctx* c, uint32_t wanted, int64_t* again) {
      ShardHost& h = self(c);
      const uint32_t given = h.pacing ? h.pacing(wanted) : std::min(wanted, h.pace_limit);
      if (!h.pacing) h.pace_limit -= given;
      h.paced += given;
      if (given < wanted) *again = clock() + 1'000'000;
      return given;
    };
    table_.watch = [](sonde_ctx* c, int fd, uint32_t events, uint64_t user, uint64_t* id) -> sonde_err {
      *id = ++self(c).next_id_;
      self(c).watches_[*id] = {fd, events, user};
      return SONDE_OK;
    };
    table_.rewatch = [](sonde_ctx* c, uint64_t id, uint32_t events) -> sonde_err {
      const auto it = self(c).watches_.find(id);
      if (it == self(c).watches_.end()) return SONDE_E_STALE;
      if (it->second.fault == 0) it->second.events = events;
      return SONDE_OK;
    };
    table_.unwatch = [](sonde_ctx* c, uint64_t id) -> sonde_err {
      return self(c).watches_.erase(id) ? SONDE_OK : SONDE_E_STALE;
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
  const sonde_plugin* plugin_ = nullptr;
  sonde_inst* instance_ = nullptr;
  std::vector<TaskState> tasks_;
  std::size_t offered_ = 0, settled_ = 0;
  std::map<uint64_t, Watch> watches_;
  std::map<uint64_t, Timer> timers_;
  std::deque<Turn> turns_;
  uint64_t next_id_ = 0;
};

}  // namespace sonde::testing
