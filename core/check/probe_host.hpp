// An asynchronous instance in a check: tasks, sockets and timers as a shard has them, on a clock that is turned.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "check/checking_host.hpp"
#include "check/play.hpp"

namespace sonde::core::check {

/// What the instances of a scene share.
struct Stage {
  Stage(const Subject& subject, const Play& p)
      : play(p),
        began(monotonic_ns()),
        now(began),
        peers(p.manner, p.seed, p.own_network),
        shortages(p.shortages),
        what(subject) {}
  const Play play;
  const int64_t began;
  std::atomic<int64_t> now;
  Peers peers;
  uint32_t shortages;
  uint64_t asked = 0, refused_asks = 0, tokens = 0;
  Losses losses;
  const Subject& what;
};

class ProbeHost final : public CheckingHost {
 public:
  ProbeHost(const Subject&, Notes&, Stage&, uint32_t index, uint32_t count);

  void add_task(const IpAddress&);
  /// Offers what waits, within the window. True: tasks were taken.
  bool offer(uint32_t batch);
  /// Delivers what is ready, waiting for it, then what is due. True: something was delivered.
  bool turn(int64_t wait_ns);
  /// Cancels all that is open, as at the end of a run.
  void stop();
  /// destroy(), and what it left.
  void end();

  bool settled() const;
  bool waiting() const;
  int64_t next() const;  ///< when a timer or deadline is due
  int64_t task_time() const { return subject_.deadline * stage_.play.patience; }
  int64_t patience_ns() const;  ///< how long what is on its way may take
  const Row& row(std::size_t i) const { return tasks_[i].row; }
  uint32_t partial_starts() const { return partial_starts_; }
  const std::string& start_failure() const { return start_failure_; }

  int64_t now() override { return stage_.now; }
  const void* extension(std::string_view id) override;
  sonde_err target(sonde_task, sonde_target* out) override;
  int64_t deadline(sonde_task) override;
  int cancelled(sonde_task) override;
  sonde_err attach(sonde_task, uint64_t user) override;
  uint32_t count(sonde_task, uint32_t input) override;
  sonde_err get(sonde_task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) override;
  sonde_err put(sonde_task, uint32_t output, std::string_view key, const sonde_value&) override;
  sonde_err done(sonde_task, sonde_outcome) override;
  sonde_err dial(sonde_task, const sonde_target&, uint32_t events, uint64_t user, sonde_conn* out) override;
  sonde_err hangup(uint64_t id, bool reset) override;
  sonde_err admit(sonde_task, const sonde_target&) override;
  sonde_err raw(int family, int proto, uint32_t ifindex, int* fd) override;
  uint32_t pace(uint32_t packets, int64_t* again) override;
  sonde_err watch(int fd, uint32_t events, uint64_t user, uint64_t* id) override;
  sonde_err rewatch(uint64_t id, uint32_t events) override;
  sonde_err unwatch(uint64_t id) override;
  sonde_err timer(int64_t at, uint64_t user, uint64_t* id) override;
  sonde_err untimer(uint64_t* id) override;
  sonde_err wake(uint64_t user) override;

 private:
  friend struct LossTable;
  enum class State : uint8_t { waiting, offered, running, over };
  struct TaskState {
    State state = State::waiting;
    uint32_t generation = 1;
    uint64_t user = 0;
    int64_t deadline = 0;
    std::vector<Fact> facts;  ///< inputs, then what was put
    std::size_t inputs = 0;
    std::unique_ptr<FactIndex> index;
    unsigned postponed = 0;
    Row row;
  };
  struct Watch {
    int fd = -1;
    uint32_t events = 0;
    uint64_t user = 0;
    bool dialled = false;
    sonde_task task = 0;
  };
  struct Timer {
    int64_t at = 0;
    uint64_t user = 0;
  };
  struct Turn {  ///< a dial in the queue
    sonde_task task = 0;
    uint64_t user = 0;
  };
  struct Dialled {  ///< denied once
    sonde_task task;
    IpAddress ip;
    uint16_t port;
    auto operator<=>(const Dialled&) const = default;
  };

  sonde_task id_of(std::size_t index) const;
  TaskState* open(sonde_task, const char* call);
  void note_stale(sonde_task, const char* call);
  void cancel(std::size_t index, uint32_t why);
  void over(std::size_t index, Outcome, std::string why = {});
  void postpone(std::size_t index);
  void close_connection(uint64_t id, bool reset);
  void grant(uint32_t packets);
  bool deliver(uint64_t id, short seen);
  bool due();
  bool expire();
  bool serve_turns();
  bool call_posted();
  void call_io(uint64_t id, uint64_t user, uint32_t events);
  void call_timer(uint64_t id, uint64_t user);
  sonde_err check_scope(sonde_task, const TaskState*, const sonde_target&, const IpAddress&);
  /// On the instance's thread: at once, or, with threads of its own, posted and waited for.
  template <class F>
  sonde_err on_shard(F&& f) {
    return on_own_thread() ? f() : from_elsewhere(std::function<sonde_err()>(std::ref(f)));
  }
  sonde_err from_elsewhere(const std::function<sonde_err()>&);

  Stage& stage_;
  std::vector<TaskState> tasks_;
  std::map<uint64_t, Watch> watches_;
  std::map<uint64_t, Timer> timers_;
  std::deque<std::pair<uint64_t, uint32_t>> injected_;
  std::deque<Turn> turns_;
  std::set<Dialled> denied_;
  uint64_t next_id_ = 0;
  bool offering_ = false;
  int64_t offer_at_ = 0;
  uint32_t partial_starts_ = 0;
  std::string start_failure_;

  std::mutex posted_mutex_;
  std::condition_variable posted_done_;
  std::deque<std::pair<const std::function<sonde_err()>*, sonde_err*>> posted_;
  std::vector<uint64_t> wakes_;
  bool ended_ = false;
};

}  // namespace sonde::core::check
