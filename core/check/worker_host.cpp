#include "check/worker_host.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "check/syscall_watch.hpp"
#include "engine/convert.hpp"
#include "engine/sockets.hpp"
#include "plugins/demands.hpp"

namespace sonde::core::check {

WorkerHost::WorkerHost(const Subject& subject, Notes& notes, const Play& play, Peers& peers, std::mutex& peers_mutex,
                       uint32_t index, uint32_t count)
    : CheckingHost(subject, notes, index, count, play.seed),
      play_(play),
      peers_(peers),
      peers_mutex_(peers_mutex),
      shortages_(play.shortages) {}

sonde_err WorkerHost::run(const std::vector<IpAddress>& targets, int64_t time, int64_t stop_in) {
  std::vector<sonde_task> ids;
  {
    std::lock_guard lock(mutex_);
    ++serial_;
    jobs_.clear();
    jobs_.resize(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      jobs_[i].row.ip = targets[i];
      jobs_[i].inputs = made_up_inputs(subject_, play_.all_inputs, targets[i]);
      ids.push_back(serial_ << 32 | (i + 1));
    }
    deadline_ = monotonic_ns() + time;
    stop_at_ = stop_in == 0 ? 0 : monotonic_ns() + stop_in;
  }
  sonde_err e = SONDE_OK;
  {
    const Callback here(*this, Where::worker, "run()");
    e = subject_.plugin.probe->run(instance_, ids.data(), static_cast<uint32_t>(ids.size()));
  }
  const int64_t end = stop_at_ != 0 ? std::min(stop_at_, deadline_) : deadline_;
  late_ = std::max(late_, monotonic_ns() - end);
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    Job& job = jobs_[i];
    if (!job.over) {
      job.row.why = take_failure(ids[i]);
      if (job.row.why.empty() && e != SONDE_OK) job.row.why = take_failure(0);
      job.row.outcome = stopped() ? Outcome::cancelled : expired() ? Outcome::no_answer : Outcome::error;
      if (job.row.outcome == Outcome::error && e == SONDE_OK) {
        job.row.outcome = Outcome::none;  // told by one test alone
        notes_.add(Rule::done_once, "run() returned without done() for a task, before its deadline");
      }
    }
    close(job);
    job.row.cancelled = expired() || stopped();
    job.row.facts = job.outputs;
    rows_.push_back(job.row);
  }
  return e;
}

void WorkerHost::close(Job& job) {
  job.over = true;
  for (const int fd : job.sockets) ::close(fd);
  job.sockets.clear();
}

WorkerHost::Job* WorkerHost::find(sonde_task task) {
  const uint64_t i = (task & 0xffffffff) - 1;
  return task != 0 && task >> 32 == serial_ && i < jobs_.size() ? &jobs_[i] : nullptr;
}

WorkerHost::Job* WorkerHost::open(sonde_task task, const char* call) {
  Job* job = find(task);
  if (job && !job->over) return job;
  if (subject_.needs(SONDE_NEED_THREADS)) return nullptr;
  if (job && std::string_view(call) == "done")
    notes_.add(Rule::done_once, "done() twice for one task, in " + std::string(callback()));
  else
    notes_.add(Rule::stale, std::string(call) + "(), in " + callback() +
                                (job ? ", about a task that was over" : ", about a task of an earlier run()"));
  return nullptr;
}

sonde_err WorkerHost::target(sonde_task task, sonde_target* out) {
  std::lock_guard lock(mutex_);
  const Job* job = open(task, "target");
  return job ? write_target(job->row.ip, {}, out) : sonde_err{SONDE_E_STALE};
}

int64_t WorkerHost::deadline(sonde_task task) {
  std::lock_guard lock(mutex_);
  const Job* job = find(task);
  return job && !job->over ? deadline_ : 0;
}

int WorkerHost::cancelled(sonde_task task) {
  std::lock_guard lock(mutex_);
  return !find(task) || expired() || stopped();
}

uint32_t WorkerHost::count(sonde_task task, uint32_t input) {
  std::lock_guard lock(mutex_);
  const Job* job = open(task, "count");
  return job ? count_known(task, input, job->inputs) : 0;
}

sonde_err WorkerHost::get(sonde_task task, uint32_t input, uint32_t item, sonde_str* key, sonde_value* out) {
  std::lock_guard lock(mutex_);
  const Job* job = open(task, "get");
  return job ? get_known(task, input, item, job->inputs, key, out) : sonde_err{SONDE_E_STALE};
}

sonde_err WorkerHost::put(sonde_task task, uint32_t output, std::string_view key, const sonde_value& value) {
  std::lock_guard lock(mutex_);
  Job* job = open(task, "put");
  return job ? put_checked(output, key, value, job->outputs, 0, job->index) : sonde_err{SONDE_E_STALE};
}

sonde_err WorkerHost::done(sonde_task task, sonde_outcome outcome) {
  std::lock_guard lock(mutex_);
  Job* job = open(task, "done");
  if (!job) return SONDE_E_STALE;
  ++job->row.dones;
  if (outcome == SONDE_POSTPONED) {  // a scene does not offer it again
    job->outputs.clear();
    job->index.reset();
  }
  const bool complete = outcome != SONDE_POSITIVE || has_required(job->outputs, 0);
  job->row.outcome = outcome == SONDE_POSTPONED ? Outcome::none : outcome_of(outcome);
  if (job->row.outcome == Outcome::error) job->row.why = take_failure(task);
  close(*job);
  return complete ? SONDE_OK : SONDE_E_INVALID;
}

sonde_err WorkerHost::check_scope(sonde_task task, const Job* job, const IpAddress& ip) {
  std::string why;
  if (play_.denied)
    why = " is out of scope in this scene of the check";
  else if (!job && !std::binary_search(subject_.services.begin(), subject_.services.end(), ip))
    why = " is no server that the options name";
  else if (job && ip != job->row.ip)
    why = " is not the target of this task";
  if (why.empty()) return SONDE_OK;
  if (++refused_asks_ > 64 * jobs_.size() + 64)
    notes_.add(Rule::denied, "it asked over and over where it had been answered DENIED");
  fail(task, SONDE_E_DENIED, ip.to_string() + why);
  return SONDE_E_DENIED;
}

sonde_err WorkerHost::connect(sonde_task task, const sonde_target& target, int* fd) {
  *fd = -1;
  std::unique_lock lock(mutex_);
  Job* job = open(task, "connect");
  if (!job) return SONDE_E_STALE;
  const sonde_target to = read_target(target);
  const IpAddress ip = address_of(to);
  if (to.port == 0 || (to.proto != IPPROTO_TCP && to.proto != IPPROTO_UDP)) return SONDE_E_INVALID;
  if (!may(task, SONDE_NEED_CONNECT, "connect()", "SONDE_NEED_CONNECT")) return SONDE_E_DENIED;
  if (sonde_err e = check_scope(task, job, ip); e != SONDE_OK) return e;
  if (shortages_ > 0) {
    --shortages_;
    ++refused_asks_;
    return SONDE_E_AGAIN;
  }
  std::optional<Endpoint> where;
  {
    std::lock_guard peers(peers_mutex_);
    where = peers_.at(ip, to.port, to.proto);
  }
  if (!where) return SONDE_E_DENIED;
  if (expired() || stopped()) return SONDE_E_STALE;
  ++asked_;
  ++job->row.asked;
  if (to.proto == IPPROTO_UDP) grant_packets(1);
  int refused = 0;
  const int s = open_connection(where->ip, where->port, to.proto, &refused);
  if (s < 0) {
    *fd = s;
    return is_local_shortage(-s) ? SONDE_E_AGAIN : SONDE_E_IO;
  }
  lock.unlock();  // a wait, and only this thread has the job
  for (pollfd p{s, POLLOUT, 0}; refused == 0;) {
    if (expired() || stopped()) {
      refused = ETIMEDOUT;
      break;
    }
    if (::poll(&p, 1, 10) <= 0) continue;
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
  const int64_t left = std::max<int64_t>(deadline_ - monotonic_ns(), 1'000'000);
  const timeval limit{left / 1'000'000'000, left % 1'000'000'000 / 1000};
  setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  lock.lock();
  job->sockets.push_back(s);
  *fd = s;
  return SONDE_OK;
}

sonde_err WorkerHost::admit(sonde_task task, const sonde_target& target) {
  std::lock_guard lock(mutex_);
  Job* job = task == 0 ? nullptr : open(task, "admit");
  if (task != 0 && !job) return SONDE_E_STALE;
  if (!may(task, needs_admission, "admit()", needs_admission_words)) return SONDE_E_DENIED;
  if (refuse_this_call()) return SONDE_E_DENIED;
  const sonde_target to = read_target(target);
  const IpAddress ip = address_of(to);
  const bool own_server = task == 0 && subject_.needs(SONDE_NEED_SOCKETS) && !play_.denied;
  if (!own_server)
    if (sonde_err e = check_scope(task, job, ip); e != SONDE_OK) return e;
  if (shortages_ > 0) {
    --shortages_;
    ++refused_asks_;
    return SONDE_E_AGAIN;
  }
  if (task != 0) grant_packets(1);
  if (to.port == 0) return SONDE_OK;
  std::lock_guard peers(peers_mutex_);
  if (!peers_.exactly_at(ip, to.port, to.proto)) {
    ++refused_asks_;
    fail(task, SONDE_E_DENIED, ip.to_string() + " is no place where a check can stand; name one on 127.0.0.0/8");
    return SONDE_E_DENIED;
  }
  ++asked_;
  if (job) ++job->row.asked;
  return SONDE_OK;
}

uint32_t WorkerHost::pace(uint32_t packets, int64_t*) {
  grant_packets(packets);
  return packets;
}

sonde_err WorkerHost::raw(int, int, uint32_t, int*) {
  return SONDE_E_UNSUPPORTED;
}

}  // namespace sonde::core::check
