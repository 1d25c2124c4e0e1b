// Exporters and sources.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/text.hpp"
#include "check/export_play.hpp"
#include "check/source_play.hpp"
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

std::string told(const Exported& e) {
  return e.step + " returned " + std::to_string(e.error) + ", " +
         (e.failure.empty() ? "without a reason by fail()" : "saying: " + printable(e.failure));
}

using Files = std::map<std::string, std::string>;

std::string changed(const Files& before, const Files& after) {
  for (const auto& [name, content] : after) {
    const auto old = before.find(name);
    if (old == before.end()) return "there is a new " + printable(name);
    if (old->second != content) return printable(name) + " has changed";
  }
  for (const auto& [name, content] : before)
    if (!after.contains(name)) return printable(name) + " is gone";
  return {};
}

/// Names and contents after one run into an empty place.
Files one_run(const Bench& bench, const Subject& subject, const ExportPlay& scene, Notes& notes, Exported& out) {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(bench.directory, ec))
    std::filesystem::remove_all(entry.path(), ec);
  if (ftruncate(STDOUT_FILENO, 0) == 0) lseek(STDOUT_FILENO, 0, SEEK_SET);
  out = play_export(subject, scene, notes);
  return published(bench.directory);
}

}  // namespace

Verdict export_records(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const Exported done = play_export(subject, {}, notes);
  return done.fine() ? pass() : fail(told(done));
}

Verdict export_values(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  ExportPlay scene;
  scene.hostile = true;
  scene.records = 300;
  if (const Exported done = play_export(subject, scene, notes); !done.fine()) return fail(told(done));
  scene.records = 0;
  const Exported none = play_export(subject, scene, notes);
  return none.fine() ? pass() : fail("without any record " + told(none));
}

Verdict export_batches(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  Exported done;
  ExportPlay scene;
  scene.records = 30;
  const Files first = one_run(bench, subject, scene, notes, done);
  if (!changed(first, one_run(bench, subject, scene, notes, done)).empty())
    return skip("what it writes differs from run to run");
  for (const uint32_t batch : {1u, 7u}) {
    scene.batch = batch;
    if (const std::string d = changed(first, one_run(bench, subject, scene, notes, done)); !d.empty())
      return fail("given " + std::to_string(batch) + " records at a time instead of all at once, " + d);
  }
  return pass();
}

Verdict export_abort(const Bench& bench) {
  const Subject subject = bench.subject();
  if ((subject.plugin.flags & SONDE_X_STREAMING) != 0) return skip("it streams: what it wrote is out");
  Notes notes;
  Exported done;
  ExportPlay scene;
  const Files before = one_run(bench, subject, scene, notes, done);
  scene.records = 9;
  scene.commit = false;
  play_export(subject, scene, notes);
  if (const std::string d = changed(before, published(bench.directory)); !d.empty())
    return fail("after close(0) " + d + ": an aborted run publishes nothing and leaves nothing");
  return pass();
}

Verdict export_full(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  Exported done;
  ExportPlay scene;
  const Files before = one_run(bench, subject, scene, notes, done);
  scene.records = 300;
  const Files large = one_run(bench, subject, scene, notes, done);
  std::size_t bytes = 0;
  for (const auto& [name, content] : large) bytes = std::max(bytes, content.size());
  if (bytes < 64) return skip("it writes no file");
  one_run(bench, subject, {}, notes, done);
  // The same as a full disk for whoever writes, without filling one.
  signal(SIGXFSZ, SIG_IGN);
  rlimit now{};
  getrlimit(RLIMIT_FSIZE, &now);
  now.rlim_cur = bytes / 2;
  setrlimit(RLIMIT_FSIZE, &now);
  const Exported full = play_export(subject, scene, notes);
  if (full.fine()) return fail("the disk was full, and neither write(), flush() nor close() said so");
  if (full.failure.empty()) return fail("the disk was full: " + told(full));
  if ((subject.plugin.flags & SONDE_X_STREAMING) != 0 || large.contains("standard output")) return pass();
  if (const std::string d = changed(before, published(bench.directory)); !d.empty())
    return fail("the disk was full, and " + d + ": half a file was published");
  return pass();
}

Verdict export_kill(const Bench& bench) {
  const Subject subject = bench.subject();
  if ((subject.plugin.flags & SONDE_X_STREAMING) != 0) return skip("it streams: what it wrote is out");
  Notes notes;
  Exported done;
  ExportPlay scene;
  const Files before = one_run(bench, subject, scene, notes, done);
  const pid_t child = fork();
  if (child < 0) return skip("no process can be made");
  if (child == 0) {
    scene.records = 300;
    scene.leave_open = true;
    play_export(subject, scene, notes);
    ::kill(getpid(), SIGKILL);
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) return fail("it crashed before it could be killed");
  const Files after = published(bench.directory);
  for (const auto& [name, content] : before) {
    const auto found = after.find(name);
    if (found == after.end() || found->second != content)
      return fail("killed before close(), it had already changed " + printable(name));
  }
  return pass();
}

Verdict source_pull(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const Pulled pulled = play_source(subject, {}, notes);
  if (pulled.error != SONDE_OK)
    return fail(pulled.step + " returned " + std::to_string(pulled.error) + ", " +
                (pulled.failure.empty() ? "without a reason by fail()" : "saying: " + printable(pulled.failure)));
  if (!pulled.wrong.empty()) return fail(pulled.wrong);
  return pulled.ended ? pass() : warn("it has given " + std::to_string(pulled.targets.size()) + " targets and no end");
}

Verdict source_batches(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  SourcePlay scene;
  const Pulled all = play_source(subject, scene, notes);
  for (const uint32_t batch : {1u, 3u}) {
    scene.batch = batch;
    const Pulled again = play_source(subject, scene, notes);
    for (std::size_t i = 0; i < std::max(all.targets.size(), again.targets.size()); ++i)
      if (i >= all.targets.size() || i >= again.targets.size() || all.targets[i] != again.targets[i])
        return fail("asked for " + std::to_string(batch) + " targets at a time, target " + std::to_string(i + 1) +
                    " is another one");
  }
  return pass();
}

}  // namespace sonde::core::check
