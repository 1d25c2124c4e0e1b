// Calls into the plugin, and its calls about tasks and fields. Sockets, timers and the loop are in probe_host_net.cpp.
#include "check/probe_host.hpp"

#include <algorithm>

#include "check/sandbox.hpp"
#include "engine/convert.hpp"

namespace sonde::core::check {

namespace {
constexpr unsigned most_postponements = 50;  // then it is an error, as after ten seconds in a run
}

ProbeHost::ProbeHost(const Subject& subject, Notes& notes, Stage& stage, uint32_t index, uint32_t count)
    : CheckingHost(subject, notes, index, count, stage.play.seed), stage_(stage) {}

void ProbeHost::add_task(const IpAddress& ip) {
  TaskState t;
  t.row.ip = ip;
  t.facts = made_up_inputs(subject_, stage_.play.all_inputs, ip);
  t.inputs = t.facts.size();
  tasks_.push_back(std::move(t));
}

sonde_task ProbeHost::id_of(std::size_t index) const {
  return uint64_t{tasks_[index].generation} << 32 | (index + 1);
}

bool ProbeHost::settled() const {
  return std::all_of(tasks_.begin(), tasks_.end(), [](const TaskState& t) { return t.state == State::over; });
}

bool ProbeHost::waiting() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const TaskState& t) { return t.state == State::waiting; });
}

int64_t ProbeHost::patience_ns() const {
  // Loopback delivers at once, threads and programs do not.
  if (subject_.needs(SONDE_NEED_THREADS | SONDE_NEED_EXEC)) return 20'000'000;
  // Behind a sanitizer, which makes the peers slow as well, its queues are not always empty by then.
  const int64_t at_once = under_sanitizer() ? 2'000'000 : 100'000;
  return subject_.needs(SONDE_NEED_SOCKETS | SONDE_NEED_RAW) ? 2 * at_once : at_once;
}

bool ProbeHost::offer(uint32_t batch) {
  if (offer_at_ > stage_.now) return false;
  std::vector<std::size_t> indexes;
  std::size_t running = 0;
  for (const TaskState& t : tasks_) running += t.state == State::running;
  std::size_t most = subject_.window > running ? subject_.window - running : 0;
  if (batch != 0) most = std::min<std::size_t>(most, batch);
  if (subject_.most_in_a_call != 0) most = std::min<std::size_t>(most, subject_.most_in_a_call);
  for (std::size_t i = 0; i < tasks_.size() && indexes.size() < most; ++i)
    if (tasks_[i].state == State::waiting) indexes.push_back(i);
  if (indexes.empty()) return false;
  std::vector<sonde_task> ids;
  for (const std::size_t i : indexes) {
    tasks_[i].state = State::offered;
    tasks_[i].deadline = stage_.now + task_time();
    ids.push_back(id_of(i));
  }
  int32_t taken = 0;
  {
    const Callback here(*this, Where::shard, "start()");
    taken = subject_.plugin.probe->start(instance_, ids.data(), static_cast<uint32_t>(ids.size()));
  }
  if (taken < 0) {
    start_failure_ = take_failure(0);
    if (start_failure_.empty()) start_failure_ = "start() returned " + std::to_string(taken);
    for (std::size_t i = 0; i < tasks_.size(); ++i)
      if (tasks_[i].state != State::over) over(i, Outcome::error, start_failure_);
    return true;
  }
  const auto k = static_cast<std::size_t>(taken);
  if (k > ids.size())
    notes_.add(Rule::partial,
               "start() was offered " + std::to_string(ids.size()) + " tasks and returned " + std::to_string(k));
  for (std::size_t n = 0; n < indexes.size(); ++n) {
    TaskState& t = tasks_[indexes[n]];
    if (n < k) {
      if (t.state == State::offered) t.state = State::running;
      continue;
    }
    if (t.state == State::over)
      notes_.add(Rule::partial, "start() returned " + std::to_string(k) + " and had settled a task behind those");
    else
      t.state = State::waiting;
    ++t.generation;  // whatever it still says of the old id shows that it kept it
  }
  if (k < ids.size()) {
    ++partial_starts_;
    offer_at_ = stage_.now + 10'000'000;
  }
  return k > 0;
}

void ProbeHost::cancel(std::size_t index, uint32_t why) {
  TaskState& t = tasks_[index];
  t.row.cancelled = true;
  const sonde_task id = id_of(index);
  {
    const Callback here(*this, Where::shard, "cancel()");
    subject_.plugin.probe->cancel(instance_, id, t.user, why);
  }
  if (tasks_[index].state != State::over) over(index, why == SONDE_EXPIRED ? Outcome::no_answer : Outcome::cancelled);
}

void ProbeHost::stop() {
  const uint32_t why = stage_.play.from_the_future ? 77 : uint32_t{SONDE_STOPPED};
  for (std::size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i].state == State::running) cancel(i, why);
    if (tasks_[i].state == State::waiting) over(i, Outcome::cancelled);
  }
}

void ProbeHost::end() {
  const bool was_there = instance() != nullptr;
  destroy();
  if (was_there) {
    const auto own = std::count_if(watches_.begin(), watches_.end(), [](const auto& w) { return !w.second.dialled; });
    if (own > 0) notes_.add(Rule::left_over, std::to_string(own) + " watches were still there behind destroy()");
    if (!timers_.empty())
      notes_.add(Rule::left_over, std::to_string(timers_.size()) + " timers were still armed behind destroy()");
  }
  while (!watches_.empty()) close_connection(watches_.begin()->first, true);
  timers_.clear();
  std::lock_guard lock(posted_mutex_);
  ended_ = true;
  for (auto& [f, answer] : posted_) *answer = SONDE_E_STALE;
  posted_.clear();
  posted_done_.notify_all();
}

void ProbeHost::over(std::size_t index, Outcome outcome, std::string why) {
  TaskState& t = tasks_[index];
  const sonde_task id = id_of(index);
  std::vector<uint64_t> connections;
  for (const auto& [number, w] : watches_)
    if (w.dialled && w.task == id) connections.push_back(number);
  for (const uint64_t number : connections) close_connection(number, false);
  std::erase_if(turns_, [&](const Turn& turn) { return turn.task == id; });
  t.state = State::over;
  t.row.outcome = outcome;
  t.row.why = std::move(why);
  t.row.facts.assign(t.facts.begin() + static_cast<std::ptrdiff_t>(t.inputs), t.facts.end());
  offer_at_ = 0;
}

void ProbeHost::postpone(std::size_t index) {
  TaskState& t = tasks_[index];
  over(index, Outcome::none);
  t.facts.resize(t.inputs);
  t.index.reset();
  t.row.facts.clear();
  if (++t.postponed > most_postponements) {
    t.row.outcome = Outcome::error;
    t.row.why = "postponed " + std::to_string(t.postponed) + " times";
    return;
  }
  ++t.generation;
  t.state = State::waiting;
  offer_at_ = stage_.now + 10'000'000;
}

ProbeHost::TaskState* ProbeHost::open(sonde_task task, const char* call) {
  const uint64_t index = (task & 0xffffffff) - 1;
  if (task != 0 && index < tasks_.size() && tasks_[index].generation == task >> 32 &&
      (tasks_[index].state == State::running || tasks_[index].state == State::offered))
    return &tasks_[index];
  note_stale(task, call);
  return nullptr;
}

/// Which rule a call about a task that is not open breaks. A plugin with threads of its own may be late.
void ProbeHost::note_stale(sonde_task task, const char* call) {
  if (subject_.needs(SONDE_NEED_THREADS)) return;
  const uint64_t index = (task & 0xffffffff) - 1;
  const std::string what = std::string(call) + "(), in " + callback() + ", about a task ";
  if (task == 0 || index >= tasks_.size() || task >> 32 > tasks_[index].generation)
    return notes_.add(Rule::stale, what + "that never was");
  const TaskState& t = tasks_[index];
  if (task >> 32 < t.generation) {
    if (t.postponed > 0) return notes_.add(Rule::stale, what + "that it had postponed");
    return notes_.add(Rule::partial, what + "that start() had not taken");
  }
  if (t.row.cancelled && t.row.dones == 0) return notes_.add(Rule::cancel, what + "that cancel() had ended");
  if (std::string_view(call) == "done" && t.row.dones > 0)
    return notes_.add(Rule::done_once, "done() twice for one task, the second in " + std::string(callback()));
  notes_.add(Rule::stale, what + "that was over");
}

sonde_err ProbeHost::from_elsewhere(const std::function<sonde_err()>& f) {
  if (!subject_.needs(SONDE_NEED_THREADS)) return SONDE_E_THREAD;
  std::unique_lock lock(posted_mutex_);
  if (ended_) return SONDE_E_STALE;
  sonde_err answer = SONDE_E_AGAIN;
  bool done = false;
  const std::function<sonde_err()> told = [&] {
    answer = f();
    done = true;
    return answer;
  };
  posted_.emplace_back(&told, &answer);
  posted_done_.wait(lock, [&] { return done || ended_; });
  return answer;
}

sonde_err ProbeHost::target(sonde_task task, sonde_target* out) {
  return on_shard([&]() -> sonde_err {
    const TaskState* t = open(task, "target");
    return t ? write_target(t->row.ip, {}, out) : sonde_err{SONDE_E_STALE};
  });
}

int64_t ProbeHost::deadline(sonde_task task) {
  int64_t at = 0;
  on_shard([&]() -> sonde_err {
    const uint64_t index = (task & 0xffffffff) - 1;
    const bool live = task != 0 && index < tasks_.size() && tasks_[index].generation == task >> 32 &&
                      (tasks_[index].state == State::running || tasks_[index].state == State::offered);
    if (live) at = tasks_[index].deadline;
    return SONDE_OK;
  });
  return at;
}

int ProbeHost::cancelled(sonde_task task) {
  return deadline(task) == 0;
}

sonde_err ProbeHost::attach(sonde_task task, uint64_t user) {
  return on_shard([&]() -> sonde_err {
    TaskState* t = open(task, "attach");
    if (!t) return SONDE_E_STALE;
    t->user = user;
    return SONDE_OK;
  });
}

uint32_t ProbeHost::count(sonde_task task, uint32_t input) {
  uint32_t n = 0;
  on_shard([&]() -> sonde_err {
    const TaskState* t = open(task, "count");
    if (!t) return SONDE_E_STALE;
    n = count_known(task, input, std::span(t->facts).first(t->inputs));
    return SONDE_OK;
  });
  return n;
}

sonde_err ProbeHost::get(sonde_task task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) {
  return on_shard([&]() -> sonde_err {
    const TaskState* t = open(task, "get");
    if (!t) return SONDE_E_STALE;
    return get_known(task, input, item, std::span(t->facts).first(t->inputs), key, out);
  });
}

sonde_err ProbeHost::put(sonde_task task, uint32_t output, std::string_view key, const sonde_value& value) {
  return on_shard([&]() -> sonde_err {
    TaskState* t = open(task, "put");
    if (!t) return SONDE_E_STALE;
    return put_checked(output, key, value, t->facts, t->inputs, t->index);
  });
}

sonde_err ProbeHost::done(sonde_task task, sonde_outcome outcome) {
  return on_shard([&]() -> sonde_err {
    TaskState* t = open(task, "done");
    if (!t) return SONDE_E_STALE;
    const auto index = static_cast<std::size_t>(t - tasks_.data());
    ++t->row.dones;
    if (outcome == SONDE_POSTPONED) {
      postpone(index);
      return SONDE_OK;
    }
    const bool complete = outcome != SONDE_POSITIVE || has_required(t->facts, t->inputs);
    over(index, outcome_of(outcome), take_failure(task));  // what it left out is told by one test alone
    return complete ? SONDE_OK : SONDE_E_INVALID;
  });
}

}  // namespace sonde::core::check
