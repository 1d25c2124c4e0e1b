// One scene after the other, and of what the host noted the part that a test is about.
#include <algorithm>

#include "check/export_play.hpp"
#include "check/process_state.hpp"
#include "check/source_play.hpp"
#include "check/syscall_watch.hpp"
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

Verdict about(const Bench& bench, std::initializer_list<Rule> rules) {
  const Subject subject = bench.subject();
  Notes notes;
  work_out(bench, subject, notes);
  for (const Rule rule : rules)
    if (std::string what = notes.about(rule); !what.empty()) return fail(std::move(what));
  return pass();
}

}  // namespace

void work_out(const Bench& bench, const Subject& subject, Notes& notes, const std::function<void()>& midway) {
  if (subject.plugin.kind == PluginKind::exporter) {
    ExportPlay few;
    few.batch = 2;
    play_export(subject, few, notes);
    midway();
    ExportPlay hostile;
    hostile.hostile = true;
    play_export(subject, hostile, notes);
    return;
  }
  if (subject.plugin.kind == PluginKind::source) {
    play_source(subject, {}, notes);
    midway();
    return;
  }
  const bool slow = subject.plugin.blocking();  // each silent task takes its time on the real clock
  for (const Manner m : {Manner::talking, Manner::refusing, Manner::resetting, Manner::closing, Manner::silent}) {
    Play scene = bench.scene(m, slow && m == Manner::silent ? 1 : 4);
    scene.midway = midway;
    play(subject, scene, notes);
  }
  Play scene = bench.scene(Manner::talking, slow ? 2 : 6);
  scene.midway = midway;
  scene.all_inputs = true;
  play(subject, scene, notes);
  for (const int turns : slow ? std::vector<int>{1} : std::vector<int>{0, 1, 3}) {
    Play stopped = bench.scene(Manner::silent, slow ? 1 : 4);
    stopped.stop_after = turns;
    play(subject, stopped, notes);
  }
}

Verdict done_once(const Bench& bench) {
  return about(bench, {Rule::done_once});
}
Verdict stale_task(const Bench& bench) {
  return about(bench, {Rule::stale});
}
Verdict record_types(const Bench& bench) {
  return about(bench, {Rule::record});
}
Verdict host_calls(const Bench& bench) {
  return about(bench, {Rule::arguments, Rule::needs});
}

Verdict partial_start(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  uint32_t partial = 0;
  if (subject.plugin.kind == PluginKind::probe) {
    for (const uint32_t shortages : {0u, 1u, 5u, 20u}) {
      Play scene = bench.scene(Manner::talking, 40);
      scene.shortages = shortages;
      partial += play(subject, scene, notes).partial_starts;
    }
  } else {
    work_out(bench, subject, notes);
  }
  if (std::string what = notes.about(Rule::partial); !what.empty()) return fail(std::move(what));
  if (subject.plugin.kind == PluginKind::probe && partial == 0) return skip("start() takes all that it is offered");
  return pass();
}

Verdict thread_tags(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const std::size_t before = thread_count() + (subject.plugin.kind == PluginKind::probe && subject.plugin.blocking());
  std::size_t most = 0;
  work_out(bench, subject, notes, [&] { most = std::max(most, thread_count()); });
  if (std::string what = notes.about(Rule::thread); !what.empty()) return fail(std::move(what));
  if (most > before && !subject.needs(SONDE_NEED_THREADS))
    return fail("it runs " + std::to_string(most - before) + " threads of its own and does not say so");
  return pass();
}

Verdict paced(const Bench& bench) {
  const Subject subject = bench.subject();
  if (subject.needs(SONDE_NEED_THREADS | SONDE_NEED_EXEC)) return skip("threads and programs are not watched");
  if (!watch_system_calls()) return skip("this machine does not let system calls be watched (seccomp)");
  Notes notes;
  work_out(bench, subject, notes);
  const std::string packet = system_call_notes().packet;
  return packet.empty() ? pass() : fail("it sends what the rate of the run has not allowed: " + packet);
}

Verdict own_sockets(const Bench& bench) {
  const Subject subject = bench.subject();
  if (subject.needs(SONDE_NEED_SOCKETS | SONDE_NEED_RAW)) return skip("it declares that it opens sockets");
  if (subject.needs(SONDE_NEED_THREADS | SONDE_NEED_EXEC)) return skip("threads and programs are not watched");
  if (!watch_system_calls()) return skip("this machine does not let system calls be watched (seccomp)");
  Notes notes;
  work_out(bench, subject, notes);
  const std::string socket = system_call_notes().socket;
  return socket.empty() ? pass() : fail("it opens network sockets by itself: " + socket);
}

Verdict no_block(const Bench& bench) {
  const Subject subject = bench.subject();
  const bool watched = !subject.needs(SONDE_NEED_THREADS | SONDE_NEED_EXEC) && watch_system_calls();
  Notes notes;
  work_out(bench, subject, notes);
  if (std::string what = notes.about(Rule::time); !what.empty()) return fail(std::move(what));
  const std::string wait = system_call_notes().wait;
  if (watched && !wait.empty()) return fail("it waits on the event loop: " + wait);
  return pass();
}

}  // namespace sonde::core::check
