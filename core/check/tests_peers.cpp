// What the other side may do to a probe. A target never makes an error: errors are faults of this machine.
#include <algorithm>

#include "base/text.hpp"
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

constexpr uint64_t most_flooded_bytes = uint64_t{16} << 20;

/// The scene, and what goes for all peers. `reached` is false when no peer was ever asked.
struct Scene {
  Played played;
  Verdict verdict;
  bool over() const { return verdict.status != Status::pass; }
};

Scene meet(const Bench& bench, const Subject& subject, Manner manner, uint32_t tasks, uint64_t seed, Notes& notes) {
  Play scene = bench.scene(manner, tasks);
  scene.seed = seed;
  Scene out{play(subject, scene, notes), {}};
  const std::string with = "with " + std::string(to_string(manner)) + " ";
  if (!out.played.settled) {
    out.verdict = fail(with + "tasks stayed open though nothing could happen any more");
  } else if (out.played.asked == 0) {
    out.verdict = skip("it asks nobody through the host, so that no peer can play for it");
  } else {
    for (const Row& row : out.played.rows) {
      if (row.outcome != Outcome::error) continue;
      out.verdict = fail(with + "a task became an error, which is for faults of this machine" +
                         (row.why.empty() ? "" : ": " + printable(row.why)));
      break;
    }
  }
  return out;
}

Verdict meet_once(const Bench& bench, Manner manner) {
  const Subject subject = bench.subject();
  Notes notes;
  return meet(bench, subject, manner, subject.plugin.blocking() ? 1 : 3, bench.seed, notes).verdict;
}

}  // namespace

Verdict peer_silent(const Bench& bench) {
  const Subject subject = bench.subject();
  const uint32_t tasks = subject.plugin.blocking() ? 1 : 3;
  for (const Manner m : {Manner::silent, Manner::dropping}) {
    Notes notes;
    const Scene s = meet(bench, subject, m, tasks, bench.seed, notes);
    if (s.over()) return s.verdict;
    // A connection that was taken is an answer, if a short one, and may be a no to what the probe looks for.
    const bool taken = s.played.connections > 0;
    for (const Row& row : s.played.rows)
      if ((row.outcome == Outcome::negative && !taken) || (row.outcome == Outcome::positive && row.facts.empty()))
        return fail("with " + std::string(to_string(m)) + (taken ? " no octet" : " no packet") +
                    " ever came back, and a task ended as '" + std::string(to_string(row.outcome)) +
                    "': silence proves nothing");
  }
  return pass();
}

Verdict peer_refuse(const Bench& bench) {
  return meet_once(bench, Manner::refusing);
}
Verdict peer_reset(const Bench& bench) {
  return meet_once(bench, Manner::resetting);
}
Verdict peer_close(const Bench& bench) {
  return meet_once(bench, Manner::closing);
}
Verdict peer_drip(const Bench& bench) {
  return meet_once(bench, Manner::dripping);
}

Verdict peer_flood(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const Scene s = meet(bench, subject, Manner::flooding, 1, bench.seed, notes);
  if (s.over()) return s.verdict;
  if (s.played.peak_bytes > most_flooded_bytes)
    return fail("one peer that never stops made it keep " + std::to_string(s.played.peak_bytes >> 20) +
                " MiB on the heap");
  return pass();
}

/// What is done wrong with garbage alone; the rest is told by the tests of the rules.
Verdict peer_garbage(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes usual;
  play(subject, bench.scene(Manner::talking), usual);
  const uint32_t rounds = subject.plugin.blocking() ? 3 : 25;
  for (uint32_t i = 0; i < rounds; ++i) {
    Notes notes;
    Scene s = meet(bench, subject, Manner::garbage, subject.plugin.blocking() ? 1 : 5, bench.seed + i, notes);
    for (const Rule rule : {Rule::done_once, Rule::stale, Rule::record, Rule::arguments})
      if (std::string what = notes.about(rule); !s.over() && !what.empty() && usual.about(rule).empty())
        s.verdict = fail("with garbage: " + what);
    if (!s.over()) continue;
    if (s.verdict.status == Status::fail) s.verdict.why += " (again: --seed " + std::to_string(bench.seed + i) + ")";
    return s.verdict;
  }
  return pass();
}

}  // namespace sonde::core::check
