// The command as a process, from its start to its end: what every call of it costs before it does anything. It is the
// one of the build (or of the copy of it) that this program stands in.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <filesystem>
#include <string>

namespace {

/// BUILD/bench/bench_start_up -> BUILD/bin/sonde.
const std::string& command() {
  static const std::string path =
      (std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "bin" / "sonde").string();
  return path;
}

/// Its exit code, or -1.
int call(const char* first, const char* second) {
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  const std::array<const char*, 4> words = {command().c_str(), first, second, nullptr};
  const std::array<const char*, 2> environment = {"LANG=C.UTF-8", nullptr};
  pid_t child = 0;
  int status = -1;
  const int failed = posix_spawn(&child, command().c_str(), &quiet, nullptr, const_cast<char**>(words.data()),
                                 const_cast<char**>(environment.data()));
  posix_spawn_file_actions_destroy(&quiet);
  if (failed != 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

void start_up(benchmark::State& state, const char* first, const char* second) {
  for (auto _ : state) {
    if (call(first, second) != 0) {
      state.SkipWithError("the command failed");
      return;
    }
  }
}
BENCHMARK_CAPTURE(start_up, version, "--version", nullptr)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start_up, list, "list", nullptr)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(start_up, validate, "validate", SONDE_BENCH_PIPELINE)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
