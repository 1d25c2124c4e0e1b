// A run from Plan to result, as steps with names: shards and pools, instances, outputs, journal, privileges, threads,
// supervision, publication.
#include "engine/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/file.hpp"
#include "base/utc.hpp"
#include "engine/coordinator.hpp"
#include "engine/crash.hpp"
#include "engine/exporters.hpp"
#include "engine/held_sockets.hpp"
#include "engine/output_lock.hpp"
#include "engine/privileges.hpp"
#include "engine/probe_instance.hpp"
#include "engine/run_description.hpp"
#include "engine/shard.hpp"
#include "engine/thread_group.hpp"
#include "engine/worker_pool.hpp"
#include "inventory/journal_damage.hpp"
#include "inventory/journal_directory.hpp"
#include "plan/plan_header.hpp"
#include "plugins/demands.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

namespace {

constexpr int64_t own_descriptors = 64;  // plugins' sockets, journal, outputs, logs

std::string rfc3339_now() {
  return rfc3339(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

/// A mistake of the pipeline file, and not something that this machine lacks.
bool is_mistake(const Diagnostic& d) {
  return d.id == "stage-config";
}

/// Without its subject, which whoever shows the reason names.
std::string reason_of(const StagePlan& stage, const Diagnostic& problem) {
  const std::string subject = "stage '" + stage.name + "': ";
  return problem.text.starts_with(subject) ? problem.text.substr(subject.size()) : problem.text;
}

std::size_t shards_of(const Plan& plan) {
  std::size_t n = plan.limits.shards != 0 ? plan.limits.shards : std::max(1u, std::thread::hardware_concurrency());
  for (const StagePlan& s : plan.stages)  // a library that cannot serve two threads says so
    if (s.enabled && !s.plugin->blocking() && s.plugin->max_instances != 0)
      n = std::min<std::size_t>(n, s.plugin->max_instances);
  return std::max<std::size_t>(1, std::min<std::size_t>(n, plan.slice.count));
}

/// A task in error, or a problem that is no warning.
bool has_errors(const RunResult& result) {
  return std::any_of(
             result.document.stages.begin(), result.document.stages.end(),
             [](const StageCoverage& s) { return s.by_outcome[static_cast<std::size_t>(Outcome::error)] != 0; }) ||
         std::any_of(result.problems.begin(), result.problems.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

/// Everything of one run, undone in reverse order.
class Run {
 public:
  Run(const Plan& plan, const RunRequest& request, std::size_t shards)
      : plan_(plan),
        request_(request),
        shared_(std::make_shared<RunShared>(
            plan, shards, std::max<int64_t>(raise_descriptor_limit() - own_descriptors, 8), monotonic_ns())),
        publisher_(plan) {}
  ~Run() { destroy_shards(); }

  tl::expected<RunResult, std::vector<Diagnostic>> execute() {
    started_ = rfc3339_now();
    set_up_shared();
    auto refusals = create_instances();
    for (std::optional<Diagnostic>& problem : publisher_.try_outputs())
      if (problem) refusals.push_back(std::move(*problem));
    if (!refusals.empty()) return tl::unexpected(std::move(refusals));
    if (auto ok = prepare(); !ok) {
      stop_pools();
      return tl::unexpected(std::vector<Diagnostic>{ok.error()});
    }
    return scan();
  }

  Trial try_all() {
    set_up_shared();
    Trial trial;
    const Slice one{plan_.slice.start, std::min<uint64_t>(plan_.slice.count, 1)};
    if (auto ok = create_shards(one); !ok)
      for (const StagePlan& stage : plan_.stages)
        trial.stages.push_back(stage.enabled ? std::optional(ok.error()) : std::nullopt);
    else
      trial.stages = create_stages(1);
    for (std::size_t i = 0; i < trial.stages.size(); ++i)
      trial.unavailable.push_back(trial.stages[i] ? reason_of(plan_.stages[i], *trial.stages[i]) : std::string());
    trial.outputs = publisher_.try_outputs();
    return trial;
  }

 private:
  Result<void> prepare() {
    if (auto ok = account_for(request_.user); !ok)
      return tl::unexpected(ok.error());
    else
      account_ = *ok;
    {
      const ActingAs account(account_);
      if (!account.ok())
        return failure("privileges", "files cannot be made in the name of the account: seteuid was refused",
                       "run it as the account that is to do the work");
      if (auto ok = create_output_directory(); !ok) return tl::unexpected(ok.error());
    }
    if (auto ok = drop_privileges(account_, keeps_net_raw()); !ok) return tl::unexpected(ok.error());
    if (auto ok = publisher_.prepare(); !ok) return tl::unexpected(ok.error());
    if (auto ok = lock_.take(plan_.output_dir); !ok) return ok;
    // Behind the privileges, which each thread has its own of, and before anything is sent.
    if (auto ok = start_threads(); !ok) return tl::unexpected(ok.error());
    // Last: a run that is refused leaves no journal, and costs no older one.
    return open_journal();
  }

  void set_up_shared() {
    RunShared& s = *shared_;
    s.order = Permutation(std::max<uint64_t>(1, plan_.targets.size()), plan_.seed);
    s.unavailable.resize(plan_.stages.size());
    s.journal = request_.write_journal;
    s.keep_all = std::any_of(plan_.outputs.begin(), plan_.outputs.end(),
                             [](const OutputPlan& o) { return o.hosts == HostFilter::all; });
    s.keep_detail = plan_.shows_detail();
    s.log_level = request_.log_level;
    if (!request_.resume) return;
    s.settled = &request_.resume->settled;
    for (const auto& c : request_.resume->crashes)
      for (std::size_t i = 0; i < plan_.stages.size(); ++i)
        if (plan_.stages[i].name == c.stage) s.crashed[c.target].set(i);
  }

  Result<void> create_shards(const Slice& whole) {
    pools_.resize(plan_.stages.size());
    for (std::size_t i = 0; i < plan_.stages.size(); ++i)
      if (plan_.stages[i].enabled && plan_.stages[i].plugin->blocking())
        pools_[i] = std::make_shared<WorkerPool>(*shared_, static_cast<uint8_t>(i));
    for (std::size_t i = 0; i < shared_->shard_count; ++i) {
      const Slice slice = part_of(whole, i, shared_->shard_count);
      shards_.push_back(std::make_unique<Shard>(*shared_, static_cast<uint32_t>(i), slice, pools_));
      if (!shards_.back()->loop().valid())
        return failure("resources", "no event loop could be opened", "raise the limit of open files (ulimit -n)");
    }
    return {};
  }

  /// What keeps stages from starting, all of it. What this machine denies an optional stage is noted, not an error.
  std::vector<Diagnostic> create_instances() {
    if (auto ok = create_shards(plan_.slice); !ok) return {ok.error()};
    const auto problems = create_stages(SIZE_MAX);
    std::vector<Diagnostic> refusals;
    for (std::size_t i = 0; i < problems.size(); ++i) {
      if (!problems[i]) continue;
      if (!plan_.stages[i].optional || is_mistake(*problems[i])) {
        refusals.push_back(*problems[i]);
        continue;
      }
      shared_->unavailable[i] = reason_of(plan_.stages[i], *problems[i]);
      Diagnostic skipped = *problems[i];
      skipped.severity = Severity::warning;
      skipped.text += " (optional: skipped)";
      skipped_.push_back(std::move(skipped));
      for (auto& shard : shards_) shard->stage(static_cast<uint8_t>(i)).instance.reset();
    }
    return refusals;
  }

  /// One instance a shard, or one a worker up to `most_workers`; by stage, what kept it from starting.
  std::vector<std::optional<Diagnostic>> create_stages(std::size_t most_workers) {
    std::vector<std::optional<Diagnostic>> problems(plan_.stages.size());
    for (std::size_t i = 0; i < plan_.stages.size(); ++i) {
      if (!plan_.stages[i].enabled) continue;
      if (auto made = create_stage(static_cast<uint8_t>(i), most_workers); !made) problems[i] = made.error();
    }
    return problems;
  }

  Result<void> create_stage(uint8_t i, std::size_t most_workers) {
    if (pools_[i]) return pools_[i]->create(most_workers);
    for (auto& shard : shards_) {
      auto instance = std::make_unique<ProbeInstance>(*shard, i);
      ProbeInstance& probe = *instance;
      shard->stage(i).instance = std::move(instance);
      if (auto made = probe.create(); !made) return made;
    }
    return {};
  }

  Result<void> start_threads() {
    for (auto& pool : pools_)
      if (pool)
        if (auto ok = pool->start(); !ok) return ok;
    std::vector<std::function<void()>> bodies;
    for (auto& shard : shards_) bodies.emplace_back([&s = *shard] { s.run(); });
    return shard_threads_.prepare(std::move(bodies));
  }

  /// False: a plugin kept a thread.
  bool stop_pools() {
    bool all_back = true;
    for (auto& pool : pools_)
      if (pool) all_back &= pool->stop();
    return all_back;
  }

  bool keeps_net_raw() const {
    return std::any_of(plan_.stages.begin(), plan_.stages.end(), [](const StagePlan& s) {
      const uint32_t needs = needs_of(*s.plugin, s.options);
      return s.enabled && (needs & SONDE_NEED_EXEC) && (needs & SONDE_NEED_RAW);
    });
  }

  /// Made as the account that will write into it: root follows no link and makes nothing in a place of that account's.
  Result<void> create_output_directory() {
    for (const std::string& directory : {plan_.output_dir, plan_.history.dir})
      if (!directory.empty() && access(directory.c_str(), F_OK) != 0)
        if (auto made = make_directories(directory); !made) return made;
    return {};
  }

  Result<void> open_journal() {
    if (!request_.write_journal) return {};
    if (!request_.journal_path.empty()) {
      auto opened = JournalWriter::append_to(request_.journal_path);
      if (!opened) return tl::unexpected(opened.error());
      journal_ = std::move(*opened);
      return {};
    }
    const std::string directory = plan_.output_dir + "/journal";
    if (auto made = make_directories(directory); !made) return made;
    const JournalHeader header = journal_header(plan_, shared_->unavailable, request_.run_id, started_);
    auto made = JournalWriter::create(directory + "/" + request_.run_id, header);
    if (!made) return tl::unexpected(made.error());
    journal_ = std::move(*made);
    // Behind that: where there is no room for a new journal, the old ones are all there is.
    prune_journals(directory, plan_.journal_keep);
    return {};
  }

  RunResult scan() {
    if (journal_) crash_.write_to(journal_->descriptor());
    if (request_.on_start)
      request_.on_start({journal_ ? journal_->path() : std::string(), shared_->unavailable, std::move(skipped_)});
    publisher_.open_streams();
    Coordinator coordinator(*shared_, request_, journal_.get(), [this](const HostRecord& h) { publisher_.stream(h); });
    if (request_.resume) coordinator.preload(*request_.resume);
    const int64_t began = monotonic_ns();
    shard_threads_.go();
    coordinator.supervise(shards_, began);
    shard_threads_.join();
    const bool all_back = stop_pools();

    RunResult result;
    result.hosts = coordinator.take_hosts();
    result.problems = coordinator.problems();
    if (const uint64_t n = shared_->unreadable; n != 0)
      result.problems.push_back(Diagnostic{
          "temporary-file",
          "what the sources know of " + std::to_string(n) + " hosts could not be read back: their records lack it",
          std::string(message("temporary-file").remedy)});
    result.signal = coordinator.signal();
    const bool resumed = request_.resume && !request_.resume->header.started.empty();
    result.document = run_document(*shared_, coordinator, request_.run_id,
                                   resumed ? request_.resume->header.started : started_, rfc3339_now());
    if (resumed) tell_damage(*request_.resume, request_.journal_path, result.document, result.problems);
    destroy_shards();  // before the exporters, so that what plugins say last is told
    for (const Batch::Log& l : shared_->inbox.collect(0).logs) coordinator.tell(l);
    result.unpublished = !publisher_.publish(result);
    close_journal(result, coordinator.journal_trouble());
    const bool damaged = request_.resume && request_.resume->damaged_lines != 0;
    result.had_errors = coordinator.timed_out() || damaged || has_errors(result);
    if (!all_back) keep_for_ever(shared_);  // a thread that a plugin keeps may still look at it
    return result;
  }

  /// And with them the instances, whose sockets are closed side by side.
  void destroy_shards() {
    HeldSockets held;
    for (auto& shard : shards_) shard->hold_sockets(held);
    shards_.clear();
  }

  /// Only now: a run that is killed while it publishes can be resumed, and publishes then.
  void close_journal(RunResult& result, bool trouble) {
    if (!journal_) return;
    result.journal = journal_->path();
    const bool complete = result.document.settled == result.document.targets && !result.unpublished && !trouble;
    journal_->finished(complete, complete ? "" : result.document.why_incomplete);
    if (auto synced = journal_->sync(true); !synced) result.problems.push_back(synced.error());
    crash_.write_to(-1);
  }

  const Plan& plan_;
  const RunRequest& request_;
  std::shared_ptr<RunShared> shared_;
  Publisher publisher_;
  std::vector<std::shared_ptr<WorkerPool>> pools_;
  std::vector<std::unique_ptr<Shard>> shards_;
  ThreadGroup shard_threads_;
  std::unique_ptr<JournalWriter> journal_;
  std::optional<Account> account_;
  OutputLock lock_;
  std::vector<Diagnostic> skipped_;  ///< optional stages, and why
  std::string started_;
  CrashHandler crash_;
};

}  // namespace

tl::expected<RunResult, std::vector<Diagnostic>> run(const Plan& plan, const RunRequest& request) {
  return Run(plan, request, shards_of(plan)).execute();
}

Result<RunResult> publish(const Plan& outputs, MergedRuns merged, const std::string& run_id) {
  Publisher publisher(outputs, merged.fold_context(), merged.filled);
  if (auto ok = publisher.prepare(); !ok) return tl::unexpected(ok.error());
  OutputLock lock;
  if (auto ok = lock.take(outputs.output_dir); !ok) return tl::unexpected(ok.error());
  RunResult result;
  result.hosts = std::move(merged.hosts);
  result.document = std::move(merged.document);
  result.document.run_id = run_id;
  result.problems = std::move(merged.notes);
  result.unpublished = !publisher.publish(result);
  result.had_errors = !result.document.complete || has_errors(result);
  return result;
}

Trial try_plan(const Plan& plan) {
  const RunRequest request;
  return Run(plan, request, 1).try_all();
}

std::vector<Diagnostic> Trial::mistakes() const {
  std::vector<Diagnostic> out;
  for (const auto* problems : {&stages, &outputs})
    for (const std::optional<Diagnostic>& problem : *problems)
      if (problem && is_mistake(*problem)) out.push_back(*problem);
  return out;
}

}  // namespace sonde::core
