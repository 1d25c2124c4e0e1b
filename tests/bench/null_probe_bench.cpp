// What the engine costs for each target and stage, on one shard and on two: whole runs of probes that send nothing,
// from the first slot to the last settled host, divided by targets and stages. The goals: at most 200 ns of CPU time,
// and two shards that do at least 1.6 times the work of one. Beside them two runs at once, for what the machine can do.
#include <benchmark/benchmark.h>
#include <sonde/plugin.h>
#include <sonde/probe.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "engine/run.hpp"
#include "null_plan.hpp"

namespace sonde::core::bench {
namespace {

struct Live {
  sonde_ctx* ctx;
  const sonde_host* host;
  std::vector<sonde_task> kept;
  uint64_t timer = 0;
};
Live& live(sonde_inst* i) {
  return *reinterpret_cast<Live*>(i);
}

template <Work W>
struct Tables {
  static sonde_err create(sonde_ctx* c, const sonde_host* h, sonde_inst** out) {
    *out = reinterpret_cast<sonde_inst*>(new Live{c, h, {}, 0});
    return SONDE_OK;
  }
  static void destroy(sonde_inst* i) { delete &live(i); }

  static int32_t start(sonde_inst* i, const sonde_task* tasks, uint32_t n) {
    Live& me = live(i);
    if constexpr (W == Work::silent_later) {
      me.kept.insert(me.kept.end(), tasks, tasks + n);
      // Due at once: a wait is no work, and is not divided by shards.
      if (me.timer == 0) me.host->timer(me.ctx, me.host->now(me.ctx), 0, &me.timer);
      return static_cast<int32_t>(n);
    }
    for (uint32_t k = 0; k < n; ++k) {
      if constexpr (W == Work::target_done) {
        sonde_target to{};
        to.size = sizeof to;
        me.host->target(me.ctx, tasks[k], &to);
        benchmark::DoNotOptimize(to.ip);
      }
      if constexpr (W == Work::put_done) {
        sonde_value yes{};
        yes.type = SONDE_BOOL;
        yes.as.u = 1;
        me.host->put(me.ctx, tasks[k], 0, {}, &yes);
      }
      me.host->done(me.ctx, tasks[k], SONDE_POSITIVE);
    }
    return static_cast<int32_t>(n);
  }
  static void on_io(sonde_inst*, uint64_t, uint64_t, uint32_t) {}
  static void on_timer(sonde_inst* i, uint64_t, uint64_t) {
    Live& me = live(i);
    me.timer = 0;
    for (sonde_task t : std::exchange(me.kept, {})) me.host->done(me.ctx, t, SONDE_NO_ANSWER);
  }
  static void cancel(sonde_inst* i, sonde_task t, uint64_t, uint32_t) {
    live(i).host->done(live(i).ctx, t, SONDE_CANCELLED);
  }

  static constexpr sonde_probe probe = {sizeof(sonde_probe), 0, start, on_io, on_timer, cancel, nullptr};
  static constexpr sonde_plugin plugin = {sizeof(sonde_plugin), 0, nullptr, create, destroy, nullptr, nullptr};
};

int64_t clock_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

/// CPU time of the children that have ended.
int64_t children_ns() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto ns = [](const timeval& t) { return (int64_t{t.tv_sec} * 1'000'000 + t.tv_usec) * 1000; };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

/// Arguments: targets, stages, whether a journal is written, shards. Counters, for each target and stage: "ns" of wall
/// time, "cpu_ns" of all threads together (the shards' and the coordinator's). Two shards do ns(1) / ns(2) times the
/// work of one; CPU time would not show a shard that stands idle.
template <Work W>
void whole_run(benchmark::State& state) {
  const auto targets = static_cast<uint32_t>(state.range(0));
  const auto stages = static_cast<std::size_t>(state.range(1));
  const NullPlan null(targets, stages, static_cast<uint64_t>(state.range(3)), W);
  RunRequest request;
  request.write_journal = state.range(2) != 0;
  static std::atomic<int> serial{0};
  int64_t wall = 0, cpu = 0;
  for (auto _ : state) {
    request.run_id = "bench-" + std::to_string(serial++);
    const int64_t wall_before = clock_ns(CLOCK_MONOTONIC), cpu_before = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    const auto result = run(null.plan(), request);
    cpu += clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
    wall += clock_ns(CLOCK_MONOTONIC) - wall_before;
    if (!result || result->document.settled != targets) {
      state.SkipWithError("the run did not settle every target");
      return;
    }
  }
  const double tasks = static_cast<double>(targets) * static_cast<double>(stages) *
                       static_cast<double>(std::max<int64_t>(state.iterations(), 1));
  state.counters["ns"] = static_cast<double>(wall) / tasks;
  state.counters["cpu_ns"] = static_cast<double>(cpu) / tasks;
}

template <Work W>
bool settles_all(uint32_t targets, std::size_t stages) {
  const NullPlan null(targets, stages, 1, W);
  RunRequest request;
  request.run_id = "bench";
  request.write_journal = false;
  const auto result = run(null.plan(), request);
  return result && result->document.settled == targets;
}

/// Two runs of one shard at once, in processes of their own, for as many targets each: what this machine has for two
/// that share nothing.
template <Work W>
void two_runs(benchmark::State& state) {
  const auto targets = static_cast<uint32_t>(state.range(0));
  const auto stages = static_cast<std::size_t>(state.range(1));
  int64_t wall = 0, cpu = 0;
  for (auto _ : state) {
    const int64_t wall_before = clock_ns(CLOCK_MONOTONIC), cpu_before = children_ns();
    std::array<pid_t, 2> runs{};
    for (pid_t& one : runs) {
      one = fork();
      if (one != 0) continue;
      _exit(settles_all<W>(targets, stages) ? 0 : 1);
    }
    bool good = true;
    for (const pid_t one : runs) {
      int status = 1;
      good &= one > 0 && waitpid(one, &status, 0) == one && status == 0;
    }
    cpu += children_ns() - cpu_before;
    wall += clock_ns(CLOCK_MONOTONIC) - wall_before;
    if (!good) {
      state.SkipWithError("a run did not settle every target");
      return;
    }
  }
  const double tasks = 2 * static_cast<double>(targets) * static_cast<double>(stages) *
                       static_cast<double>(std::max<int64_t>(state.iterations(), 1));
  state.counters["ns"] = static_cast<double>(wall) / tasks;
  state.counters["cpu_ns"] = static_cast<double>(cpu) / tasks;
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"targets", "stages", "journal", "shards"})->Unit(benchmark::kMillisecond)->UseRealTime();
  for (const int64_t targets : {int64_t{1} << 16, int64_t{1} << 20})
    for (const int64_t stages : {1, 3}) b->Args({targets, stages, 0, 1});
  for (const int64_t stages : {1, 3}) b->Args({int64_t{1} << 20, stages, 0, 2});
}

BENCHMARK(whole_run<Work::done>)->Apply(sizes)->Args({1 << 20, 1, 1, 1})->Args({1 << 20, 3, 1, 1});
BENCHMARK(whole_run<Work::target_done>)->Apply(sizes);
BENCHMARK(whole_run<Work::silent_later>)->Apply(sizes)->Args({1 << 20, 1, 1, 1})->Args({1 << 20, 3, 1, 1});
BENCHMARK(whole_run<Work::put_done>)->Apply(sizes);
BENCHMARK(two_runs<Work::done>)
    ->ArgNames({"targets", "stages", "journal", "shards"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Args({1 << 20, 1, 0, 1})
    ->Args({1 << 20, 3, 0, 1});

}  // namespace

const sonde_plugin* null_plugin(Work work) {
  switch (work) {
    case Work::target_done:
      return &Tables<Work::target_done>::plugin;
    case Work::put_done:
      return &Tables<Work::put_done>::plugin;
    case Work::silent_later:
      return &Tables<Work::silent_later>::plugin;
    default:
      return &Tables<Work::done>::plugin;
  }
}

const sonde_probe* null_probe(Work work) {
  switch (work) {
    case Work::target_done:
      return &Tables<Work::target_done>::probe;
    case Work::put_done:
      return &Tables<Work::put_done>::probe;
    case Work::silent_later:
      return &Tables<Work::silent_later>::probe;
    default:
      return &Tables<Work::done>::probe;
  }
}

}  // namespace sonde::core::bench
