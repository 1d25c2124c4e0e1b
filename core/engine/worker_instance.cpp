#include "engine/worker_instance.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/convert.hpp"
#include "engine/crash.hpp"
#include "engine/creation.hpp"
#include "engine/services.hpp"
#include "engine/shard.hpp"
#include "engine/sockets.hpp"
#include "engine/task_rules.hpp"
#include "plugins/demands.hpp"

namespace sonde::core {

namespace {
constexpr int64_t cancel_poll_ns = 100'000'000;  // how long a wait may ignore cancelled()

void sleep_ns(int64_t ns) {
  const timespec t{ns / 1'000'000'000, ns % 1'000'000'000};
  nanosleep(&t, nullptr);
}
}  // namespace

WorkerInstance::WorkerInstance(RunShared& shared, uint8_t stage, uint32_t index, uint32_t count)
    : HostCalls(&shared.plan.stages[stage].options),
      shared_(shared),
      stage_(stage),
      plan_(shared.plan.stages[stage]),
      services_(services_of(plan_.options, plan_.plugin->schema)),
      rights_(needs_of(*plan_.plugin, plan_.options)),
      index_(index),
      count_(count) {}

Result<void> WorkerInstance::create() {
  CrashScope scope(plan_.plugin->id.c_str(), plan_.name.c_str());
  const sonde_err e = plan_.plugin->plugin->create(context(), table(), &instance_);
  if (e == SONDE_OK) return {};
  instance_ = nullptr;
  return creation_failure(e, take_failure(0), plan_);
}

WorkerInstance::~WorkerInstance() {
  if (!instance_) return;
  CrashScope scope(plan_.plugin->id.c_str(), plan_.name.c_str());
  plan_.plugin->plugin->destroy(instance_);
}

void WorkerInstance::run(const std::vector<std::shared_ptr<Job>>& jobs) {
  {
    std::lock_guard lock(jobs_mutex_);
    jobs_ = jobs;
    ++serial_;
  }
  std::vector<sonde_task> tasks;
  for (std::size_t i = 0; i < jobs_.size(); ++i) tasks.push_back(serial_ << 32 | (i + 1));
  sonde_err e = SONDE_OK;
  {
    CrashScope scope(plan_.plugin->id.c_str(), plan_.name.c_str());
    CrashScope::target(jobs_.front()->ip);
    e = plan_.plugin->probe->run(instance_, tasks.data(), static_cast<uint32_t>(tasks.size()));
  }
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    Job& job = *jobs_[i];
    std::lock_guard lock(job.mutex);
    if (job.closed) {
      close_job(job);  // written off meanwhile
      continue;
    }
    // cancelled() turns true by the clock, without waiting for the shard to say so.
    const bool expired = job.deadline <= monotonic_ns();
    // Who never had a place in the neighbour table has asked nobody: that is no silence.
    const bool asked = !job.lacks_place;
    const Outcome cut_short = job.cancelled ? Outcome::cancelled : Outcome::error;
    job.outcome = !expired ? cut_short : asked ? Outcome::no_answer : Outcome::error;
    job.why = take_failure(tasks[i]);
    if (job.why.empty() && !asked) job.why = describe(Shortage::neighbours);
    if (job.why.empty()) job.why = take_failure(0);
    if (job.why.empty() && e != SONDE_OK) job.why = "run() returned " + std::to_string(e);
    if (job.why.empty()) job.why = "the plugin returned without done()";
    close_job(job);
  }
  std::lock_guard lock(jobs_mutex_);
  jobs_.clear();
}

void WorkerInstance::close_job(Job& job) {
  job.closed = true;
  for (int fd : job.sockets) {
    ::close(fd);
    shared_.budgets.descriptors.give_back();
  }
  job.sockets.clear();
}

std::shared_ptr<Job> WorkerInstance::find(sonde_task task) const {
  std::lock_guard lock(jobs_mutex_);
  const uint64_t i = (task & 0xffffffff) - 1;
  return task >> 32 == serial_ && i < jobs_.size() ? jobs_[i] : nullptr;
}

void WorkerInstance::log(sonde_task, int level, std::string_view message) {
  Batch b;
  b.logs.push_back({level, speaker("stage", plan_.name, *plan_.plugin) + ": " + std::string(message)});
  shared_.inbox.deliver(std::move(b));
}

sonde_err WorkerInstance::place(sonde_place* out) {
  write_place(shared_.plan, stage_, index_, count_, out);
  return SONDE_OK;
}

sonde_err WorkerInstance::target(sonde_task task, sonde_target* out) {
  const auto job = find(task);
  if (!job) return SONDE_E_STALE;
  CrashScope::target(job->ip);
  return write_target(job->ip, shared_.plan.targets.name_of(job->ip), out);
}

int64_t WorkerInstance::deadline(sonde_task task) {
  const auto job = find(task);
  if (!job) return 0;
  std::lock_guard lock(job->mutex);
  return job->closed ? 0 : job->deadline.load();
}

int WorkerInstance::cancelled(sonde_task task) {
  const auto job = find(task);
  return !job || job->cancelled.load() || job->deadline.load() <= monotonic_ns();
}

uint32_t WorkerInstance::count(sonde_task task, uint32_t input) {
  const auto job = find(task);
  if (!job || input >= plan_.inputs.size() || plan_.inputs[input] == no_field) return 0;
  const FieldId id = plan_.inputs[input];
  std::lock_guard lock(job->mutex);
  return static_cast<uint32_t>(job->items.of(task, shared_.plan.fields[id], id, job->inputs).size());
}

sonde_err WorkerInstance::get(sonde_task task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) {
  const auto job = find(task);
  if (!job) return SONDE_E_STALE;
  std::lock_guard lock(job->mutex);
  return read_input(shared_.plan, stage_, input, item, task, job->items, job->inputs, job->outcomes.data(), key, out);
}

sonde_err WorkerInstance::put(sonde_task task, uint32_t output, std::string_view key, const sonde_value& value) {
  const auto job = find(task);
  if (!job) return SONDE_E_STALE;
  if (output >= plan_.outputs.size()) return SONDE_E_INVALID;
  std::lock_guard lock(job->mutex);
  if (job->closed) return SONDE_E_STALE;
  const FieldId id = plan_.outputs[output];
  return store_fact(shared_.plan.fields[id], id, stage_, key, value, job->outputs, 0, job->output_index);
}

sonde_err WorkerInstance::done(sonde_task task, sonde_outcome outcome) {
  const auto job = find(task);
  if (!job) return SONDE_E_STALE;
  std::lock_guard lock(job->mutex);
  if (job->closed) return SONDE_E_STALE;
  switch (outcome) {
    case SONDE_POSITIVE:
      job->outcome = Outcome::positive;
      break;
    case SONDE_NEGATIVE:
      job->outcome = Outcome::negative;
      break;
    case SONDE_NO_ANSWER:
      job->outcome = Outcome::no_answer;
      break;
    case SONDE_CANCELLED:
      // Who was not told to end had nothing to ask; see Shard::finish_cancelled().
      job->outcome =
          job->cancelled || job->deadline <= monotonic_ns() ? Outcome::cancelled : Outcome::skipped_nothing_to_ask;
      break;
    case SONDE_POSTPONED:
      job->postponed = true;
      job->outputs.clear();
      break;
    default:
      job->outcome = Outcome::error;
      job->why = take_failure(task);
  }
  if (job->outcome == Outcome::positive && !job->postponed) {
    job->why = missing_field(plan_, job->outputs);
    if (!job->why.empty()) job->outcome = Outcome::error;
  }
  close_job(*job);
  return outcome == SONDE_POSITIVE && job->outcome == Outcome::error ? SONDE_E_INVALID : SONDE_OK;
}

sonde_err WorkerInstance::check_scope(sonde_task task, const Job* job, const sonde_target& to, const IpAddress& ip) {
  const std::string why = scope_refusal(shared_.plan.scope, job ? &job->ip : nullptr, services_, to, ip);
  if (why.empty()) return SONDE_OK;
  fail(task, SONDE_E_DENIED, why);
  return SONDE_E_DENIED;
}

sonde_err WorkerInstance::admit(sonde_task task, const sonde_target& target) {
  const auto job = find(task);
  if (task != 0 && !job) return SONDE_E_STALE;
  if (sonde_err e = check_right(task, rights_, needs_admission, "admit()", needs_admission_words); e != SONDE_OK)
    return e;
  const sonde_target to = read_target(target);
  const bool own_server = task == 0 && (plan_.plugin->needs & SONDE_NEED_SOCKETS);  // see ProbeInstance::admit()
  if (sonde_err e = own_server ? sonde_err{SONDE_OK} : check_scope(task, job.get(), to, address_of(to)); e != SONDE_OK)
    return e;
  if (!job) return SONDE_OK;
  return answer_of(take_permit(shared_.budgets.packets, monotonic_ns(), [&] { return neighbour_place(*job); }));
}

uint32_t WorkerInstance::pace(uint32_t packets, int64_t* again) {
  return shared_.budgets.packets.take(packets, monotonic_ns(), again);
}

bool WorkerInstance::neighbour_place(Job& job) {
  if (job.neighbour_place || !shared_.plan.scope.on_link(job.ip)) return true;
  const int64_t now = monotonic_ns();
  job.neighbour_place = shared_.budgets.neighbours.take(now);
  if (job.neighbour_place) shared_.budgets.last_had.note(Shortage::neighbours, now);
  job.lacks_place = !job.neighbour_place;
  return job.neighbour_place;
}

// Waiting for our own rate is not the target's silence: the clocks of all tasks of this call stand still meanwhile, for
// it is one thread that asks for all of them.
bool WorkerInstance::wait_for_packet(const Job& job) {
  int64_t now = monotonic_ns(), again = now;
  if (shared_.budgets.packets.take(1, now, &again) == 1) return true;
  std::vector<int64_t> left;
  for (const auto& j : jobs_) left.push_back(j->deadline - now);
  for (const auto& j : jobs_) j->tell_shard(&Shard::job_waits);
  bool has_packet = false;
  while (!has_packet && !job.cancelled && job.deadline > now) {
    sleep_ns(std::clamp<int64_t>(again - now, 1'000, cancel_poll_ns));
    now = monotonic_ns();
    for (std::size_t i = 0; i < jobs_.size(); ++i) jobs_[i]->deadline = now + left[i];
    has_packet = shared_.budgets.packets.take(1, now, &again) == 1;
  }
  for (const auto& j : jobs_) j->tell_shard(&Shard::job_runs);
  return has_packet;
}

sonde_err WorkerInstance::connect(sonde_task task, const sonde_target& target, int* fd) {
  *fd = -1;
  const auto job = find(task);
  if (!job) return SONDE_E_STALE;
  const sonde_target to = read_target(target);
  const IpAddress ip = address_of(to);
  if (to.port == 0 || (to.proto != IPPROTO_TCP && to.proto != IPPROTO_UDP)) return SONDE_E_INVALID;
  if (sonde_err e = check_right(task, rights_, SONDE_NEED_CONNECT, "connect()", "SONDE_NEED_CONNECT"); e != SONDE_OK)
    return e;
  if (sonde_err e = check_scope(task, job.get(), to, ip); e != SONDE_OK) return e;
  {
    std::lock_guard lock(job->mutex);
    if (job->closed) return SONDE_E_STALE;
    const uint64_t most = shared_.plan.limits.connections_per_host;
    if (most != 0 && job->sockets.size() >= most) return SONDE_E_AGAIN;
  }
  if (!shared_.budgets.descriptors.take()) return SONDE_E_AGAIN;
  const sonde_err e = connect_now(*job, ip, to, fd);
  if (e != SONDE_OK) shared_.budgets.descriptors.give_back();
  return e;
}

sonde_err WorkerInstance::connect_now(Job& job, const IpAddress& ip, const sonde_target& to, int* fd) {
  // As take_permit(), but that the packet is waited for.
  if (!wait_for_packet(job)) return SONDE_E_STALE;
  if (!neighbour_place(job)) {
    shared_.budgets.packets.give_back(monotonic_ns());
    return SONDE_E_AGAIN;
  }

  int refused = 0;
  const int s = open_connection(ip, to.port, to.proto, &refused);
  if (s < 0) {
    shared_.budgets.packets.give_back(monotonic_ns());
    *fd = s;
    return is_local_shortage(-s) ? SONDE_E_AGAIN : SONDE_E_IO;
  }
  for (pollfd p{s, POLLOUT, 0}; refused == 0;) {
    const int64_t left = job.deadline - monotonic_ns();
    if (left <= 0 || job.cancelled) {
      refused = ETIMEDOUT;
      break;
    }
    if (::poll(&p, 1, static_cast<int>(std::min(left, cancel_poll_ns) / 1'000'000) + 1) <= 0) continue;
    socklen_t size = sizeof refused;
    getsockopt(s, SOL_SOCKET, SO_ERROR, &refused, &size);
    break;
  }
  if (refused != 0) {
    ::close(s);
    *fd = -refused;
    return SONDE_E_IO;
  }
  fcntl(s, F_SETFL, fcntl(s, F_GETFL) & ~O_NONBLOCK);
  const int64_t left = std::max<int64_t>(job.deadline - monotonic_ns(), 1'000'000);
  const timeval limit{left / 1'000'000'000, left % 1'000'000'000 / 1000};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  std::lock_guard lock(job.mutex);
  if (job.closed) {
    ::close(s);
    return SONDE_E_STALE;
  }
  job.sockets.push_back(s);
  shared_.budgets.last_had.note(Shortage::descriptors, monotonic_ns());
  *fd = s;
  return SONDE_OK;
}

}  // namespace sonde::core
