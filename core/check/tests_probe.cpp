// How a probe deals with its tasks: batches, instances, deadlines, cancelling, refusals.
#include <algorithm>

#include "base/text.hpp"
#include "check/process_state.hpp"
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

constexpr int64_t grace_ns = 1'000'000'000;  // behind the deadline, before a run writes the worker off
constexpr uint32_t few = 100, many = 400, very_many = 1000;
constexpr uint64_t bytes_a_task = 24;
constexpr int rounds_of_doubt = 7, rounds_of_repetition = 5;

std::vector<std::string> in_words(const Played& played, const Subject& subject) {
  std::vector<std::string> out;
  for (const Row& row : played.rows) out.push_back(check::in_words(row, subject.fields));
  return out;
}

/// Empty when both say the same of every task.
std::string difference(const Subject& subject, const Played& a, const Played& b) {
  const auto one = in_words(a, subject), other = in_words(b, subject);
  for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i)
    if (one[i] != other[i]) return "'" + printable(one[i]) + "' became '" + printable(other[i]) + "'";
  return one.size() == other.size() ? "" : "the number of tasks differs";
}

/// A difference in most of several rounds. On a machine that has no time for the kernel's own queues an answer may come
/// after a clock that does not wait for it, and a plugin may be wrong only now and then.
std::string lasting_difference(const Subject& subject, const Play& one, const Play& other, Notes& notes) {
  std::string found;
  for (int same = 0, different = 0; same <= rounds_of_doubt / 2;) {
    std::string now = difference(subject, play(subject, one, notes), play(subject, other, notes));
    ++(now.empty() ? same : different);
    if (!now.empty()) found = std::move(now);
    if (different > rounds_of_doubt / 2) return found;
  }
  return {};
}

/// What is not the same each time though nothing was changed: twice in several rounds, since once may be the machine.
std::string change_by_itself(const Subject& subject, const Play& scene, Notes& notes) {
  const Played first = play(subject, scene, notes);
  int different = 0;
  for (int round = 0; round < rounds_of_repetition; ++round) {
    std::string now = difference(subject, first, play(subject, scene, notes));
    if (!now.empty() && ++different == 2) return now;
  }
  return {};
}

/// Nothing can be said of what changes by itself; the test "determinism" tells it.
bool is_repeatable(const Subject& subject, const Play& scene, Notes& notes) {
  return change_by_itself(subject, scene, notes).empty();
}

std::string not_started(const Played& played) {
  if (played.created != SONDE_OK)
    return "create() returned " + std::to_string(played.created) +
           (played.failure.empty() ? "" : ": " + printable(played.failure));
  return {};
}

}  // namespace

Verdict answers(const Bench& bench) {
  const Subject subject = bench.subject();
  if (subject.needs(SONDE_NEED_EXEC))
    return skip("it runs programs: they take their own time, and meet no peers of a check");
  Notes notes;
  const Played played = play(subject, bench.scene(Manner::talking), notes);
  if (std::string why = not_started(played); !why.empty()) return fail(why);
  if (std::string what = notes.about(Rule::needs); !what.empty()) return fail(std::move(what));
  if (!played.failure.empty()) return fail("the stage failed: " + printable(played.failure));
  if (!played.settled) return fail("tasks stayed open though nothing could happen any more");
  for (const Row& row : played.rows) {
    if (row.outcome == Outcome::error && played.refused_asks == 0)
      return fail("with a peer that talks a task became an error: " +
                  (row.why.empty() ? "no reason was given by fail()" : printable(row.why)));
    if (row.outcome == Outcome::cancelled && (row.cancelled || row.asked != 0 || !row.facts.empty()))
      return fail(row.cancelled
                      ? "with a peer that talks a task was not over before its deadline"
                      : "done(SONDE_CANCELLED) for a task that was asked, or has facts: without a cancel() it "
                        "says that there was nothing to ask");
  }
  if (played.refused_asks > 0 && played.asked == 0)
    return skip("it asks nobody that a check may be (" + printable(played.rows.front().why) +
                "); name a server on 127.0.0.0/8 with --set");
  return pass();
}

Verdict batch_invariant(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  Play scene = bench.scene(Manner::talking, 7);
  if (!is_repeatable(subject, scene, notes)) return skip("see determinism");
  const Play all = scene;
  for (const uint32_t batch : {1u, 3u}) {
    scene.batch = batch;
    if (std::string d = lasting_difference(subject, all, scene, notes); !d.empty())
      return fail("offered " + std::to_string(batch) + " at a time instead of all at once, " + d);
  }
  return pass();
}

Verdict many_instances(const Bench& bench) {
  const Subject subject = bench.subject();
  if (subject.plugin.max_instances == 1) return skip("it says that there may be one instance");
  Notes notes;
  Play scene = bench.scene(Manner::talking, 8);
  if (!is_repeatable(subject, scene, notes)) return skip("see determinism");
  const Play one = scene;
  scene.instances = subject.plugin.max_instances == 0 ? 4 : std::min(subject.plugin.max_instances, 4u);
  if (std::string why = not_started(play(subject, scene, notes)); !why.empty())
    return fail("with " + std::to_string(scene.instances) + " instances " + why);
  const std::string d = lasting_difference(subject, one, scene, notes);
  return d.empty() ? pass() : fail("with " + std::to_string(scene.instances) + " instances beside one another " + d);
}

Verdict determinism(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const std::string d = change_by_itself(subject, bench.scene(Manner::talking, 5), notes);
  return d.empty() ? pass() : warn("the same seed and the same answers, and yet " + d);
}

Verdict unknown_future(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  for (const Manner m : {Manner::talking, Manner::refusing}) {
    Play scene = bench.scene(m);
    if (!is_repeatable(subject, scene, notes)) return skip("see determinism");
    const Play today = scene;
    scene.from_the_future = true;
    if (std::string why = not_started(play(subject, scene, notes)); !why.empty())
      return fail("with a longer host table " + why);
    if (std::string d = lasting_difference(subject, today, scene, notes); !d.empty())
      return fail("with a longer host table and unknown event bits " + d);
  }
  Play stopped = bench.scene(Manner::silent);
  stopped.stop_after = 2;
  stopped.from_the_future = true;
  for (const Row& row : play(subject, stopped, notes).rows)
    if (row.outcome == Outcome::error)
      return fail("cancelled for a reason that it does not know, a task became an error: " + printable(row.why));
  return pass();
}

Verdict deadline(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  for (const Manner m : {Manner::silent, Manner::dropping, Manner::dripping}) {
    const Played played = play(subject, bench.scene(m, 1), notes);
    if (played.late_ns > grace_ns)
      return fail("with " + std::string(to_string(m)) + " run() came back " +
                  std::to_string(played.late_ns / 1'000'000) + " ms behind the deadline");
  }
  return pass();
}

Verdict cancel_anywhere(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const bool slow = subject.plugin.blocking();
  for (const Manner m : {Manner::talking, Manner::silent, Manner::dropping, Manner::dripping}) {
    for (const int turns : slow ? std::vector<int>{1, 5} : std::vector<int>{0, 1, 2, 3, 4, 6, 9, -1}) {
      Play scene = bench.scene(m, slow ? 1 : 5);
      scene.stop_after = turns;
      const Played played = play(subject, scene, notes);
      const std::string where = "with " + std::string(to_string(m)) + ", cancelled early, ";
      if (slow && played.late_ns > grace_ns)
        return fail(where + "run() came back " + std::to_string(played.late_ns / 1'000'000) + " ms late");
      if (std::string what = notes.about(Rule::cancel); !what.empty()) return fail(where + "it called " + what);
      for (const Row& row : played.rows)
        if (row.cancelled && row.outcome == Outcome::error && row.dones > 0 && played.refused_asks == 0)
          return fail(where + "a task became an error: " + printable(row.why));
    }
  }
  return pass();
}

Verdict cancel_storm(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  Play scene = bench.scene(Manner::silent, many);
  scene.stop_after = 2;
  const uint64_t grown = steady_growth([&] { play(subject, scene, notes); }, many * bytes_a_task);
  if (grown >= many * bytes_a_task)
    return fail(std::to_string(many) + " cancelled tasks left " + std::to_string(grown) + " octets on the heap");
  return pass();
}

Verdict task_memory(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  // Who brings sockets of its own often brings a pace as well.
  const bool slow = subject.plugin.blocking() || subject.needs(SONDE_NEED_SOCKETS | SONDE_NEED_RAW);
  const uint32_t tasks = slow ? few : very_many;
  const uint64_t grown =
      steady_growth([&] { play(subject, bench.scene(Manner::refusing, tasks), notes); }, tasks * bytes_a_task);
  if (grown >= tasks * bytes_a_task)
    return fail(std::to_string(tasks) + " tasks left " + std::to_string(grown) + " octets on the heap");
  return pass();
}

Verdict denied(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  Play scene = bench.scene(Manner::talking);
  scene.denied = true;
  const Played played = play(subject, scene, notes);
  if (played.refused_asks == 0) return skip("it asks for no connection");
  if (std::string what = notes.about(Rule::denied); !what.empty()) return fail(std::move(what));
  for (const Row& row : played.rows)
    if (row.outcome == Outcome::positive || row.outcome == Outcome::negative || row.outcome == Outcome::no_answer)
      return fail("every dial was answered with DENIED, and a task still ended as '" +
                  std::string(to_string(row.outcome)) + "', which says something about its target");
  return pass();
}

Verdict alive(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const auto is_alive = [](const Row& row) {
    return std::any_of(row.facts.begin(), row.facts.end(), [](const Fact& f) { return f.field == FieldTable::alive; });
  };
  const uint32_t tasks = subject.plugin.blocking() ? 1 : 3;
  bool judged = false;
  for (const Manner m : {Manner::talking, Manner::refusing, Manner::dropping}) {
    const Played played = play(subject, bench.scene(m, tasks), notes);
    for (const Row& row : played.rows) {
      if (row.asked == 0) continue;  // it asked another, or nobody: what it found says nothing of the target
      const std::string ended =
          "with " + std::string(to_string(m)) + " a task ended as '" + std::string(to_string(row.outcome)) + "', ";
      const bool answer = row.outcome == Outcome::positive || row.outcome == Outcome::negative;
      judged |= answer;
      if (m != Manner::dropping && answer && !is_alive(row))
        return fail(ended + "and alive was not put: the inventory would not know that the target is there");
      // With a no the silence is told by peer-silent.
      if (m == Manner::dropping && row.outcome != Outcome::negative && is_alive(row))
        return fail(ended + "and alive was put, though nothing came back");
    }
  }
  return judged ? pass() : skip("no task ends with an answer of its own target");
}

Verdict dial_again(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  Play scene = bench.scene(Manner::talking, subject.plugin.blocking() ? 1 : 5);
  const Played usual = play(subject, scene, notes);
  scene.shortages = subject.plugin.blocking() ? 1 : 4;
  const Played shortage = play(subject, scene, notes);
  if (shortage.refused_asks == 0) return skip("it asks for no connection and no permit");
  if (std::string what = notes.about(Rule::turn); !what.empty()) return fail(std::move(what));
  for (std::size_t i = 0; i < shortage.rows.size(); ++i) {
    const Row& row = shortage.rows[i];
    if (row.outcome == Outcome::none && subject.plugin.blocking()) continue;  // postponed, as it should be
    if (row.outcome != usual.rows[i].outcome)
      return fail("a first dial was answered with AGAIN, and the task became '" + std::string(to_string(row.outcome)) +
                  "' instead of '" + std::string(to_string(usual.rows[i].outcome)) + "'" +
                  (row.why.empty() ? "" : ": " + printable(row.why)));
  }
  return pass();
}

}  // namespace sonde::core::check
