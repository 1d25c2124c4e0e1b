// From text to plan: reading the shipped inventory pipeline, and compiling it; and looking at the shipped plugins, each
// time in a new process, since libraries stay loaded.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "plan/plan.hpp"

namespace sonde::core {
namespace {

const SearchPath shipped = {{SONDE_BENCH_PLUGINS}, false};

std::string inventory_yaml() {
  std::ostringstream text;
  text << std::ifstream(SONDE_BENCH_PIPELINE).rdbuf();
  return text.str();
}

/// Seconds that a fresh process takes to find and load the plugins; negative when that failed.
double scan_in_child() {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const auto begin = std::chrono::steady_clock::now();
    Registry registry;
    registry.scan(shipped);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const double answer = registry.all().empty() ? -1 : took.count();
    _exit(write(ends[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
  }
  close(ends[1]);
  double seconds = -1;
  if (child < 0 || read(ends[0], &seconds, sizeof seconds) != sizeof seconds) seconds = -1;
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return seconds;
}

// First, before this process itself has loaded a plugin: children would find it loaded.
void plugins_load(benchmark::State& state) {
  for (auto _ : state) {
    const double seconds = scan_in_child();
    if (seconds < 0) {
      state.SkipWithError("no plugins were found");
      return;
    }
    state.SetIterationTime(seconds);
  }
}
BENCHMARK(plugins_load)->UseManualTime()->Unit(benchmark::kMicrosecond);

void yaml_to_spec(benchmark::State& state) {
  const std::string yaml = inventory_yaml();
  for (auto _ : state) {
    Diagnostics out;
    benchmark::DoNotOptimize(load_pipeline_text(yaml, "inventory.sonde.yaml", {}, {}, out));
    if (out.has_errors()) state.SkipWithError("the pipeline is not valid");
  }
}
BENCHMARK(yaml_to_spec)->Unit(benchmark::kMicrosecond);

void yaml_to_plan(benchmark::State& state) {
  const std::string yaml = inventory_yaml();
  Registry registry;
  registry.scan(shipped);
  CompileRequest request;
  request.connected.emplace();
  for (auto _ : state) {
    Diagnostics out;
    const PipelineSpec spec = load_pipeline_text(yaml, "inventory.sonde.yaml", {}, {}, out);
    if (!compile(spec, registry, request, out)) {
      state.SkipWithError("the pipeline does not compile");
      return;
    }
  }
}
BENCHMARK(yaml_to_plan)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sonde::core
