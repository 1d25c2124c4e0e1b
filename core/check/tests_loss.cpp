// What a probe makes of the extension sonde.loss/1: what was answered is told, and silence in a run that is too fast is
// neither believed nor doubted for ever.
#include <sonde/loss.h>

#include <algorithm>

#include "base/text.hpp"
#include "check/own_network.hpp"
#include "check/tests.hpp"

namespace sonde::core::check {
namespace {

constexpr int64_t longer_deadlines = 50;  // so that the end of the tries is the plugin's own
constexpr uint64_t most_packets = 16;     // for each that it sends where silence holds

Verdict told_of_answers(const Played& talked) {
  const bool answered = std::any_of(talked.rows.begin(), talked.rows.end(),
                                    [](const Row& row) { return row.outcome == Outcome::positive; });
  // One that sent nothing knew it from elsewhere, the kernel's tables for instance.
  if (answered && talked.tokens > 0 && talked.losses.arrived == 0)
    return fail("answers came, and arrived() was told of none");
  return pass();
}

Verdict doubted(const Played& calm, const Played& overrun) {
  for (const Row& row : overrun.rows)
    if (row.outcome == Outcome::error)
      return fail("while packets are lost a task became an error" + (row.why.empty() ? "" : ": " + printable(row.why)));
  const auto silent = static_cast<uint64_t>(std::count_if(
      overrun.rows.begin(), overrun.rows.end(), [](const Row& row) { return row.outcome == Outcome::no_answer; }));
  if (silent == 0) return skip("no target can be made silent for it here");
  const std::string ended = std::to_string(silent) + " targets ended as silent while packets were lost, and ";
  if (overrun.losses.silences == 0) return fail(ended + "silence() was not asked");
  if (overrun.tokens > most_packets * std::max<uint64_t>(calm.tokens, 1))
    return fail("it goes on asking whom it doubts: " + std::to_string(overrun.tokens) + " packets for " +
                std::to_string(silent) + " targets, " + std::to_string(calm.tokens) + " where silence holds");
  if (overrun.losses.asked_again == 0 && overrun.tokens <= calm.tokens)
    return fail(ended + "none was asked again: a try whose silence is doubtful is none");
  if (overrun.losses.in_doubt < silent)
    return fail(ended + "left_in_doubt() was told of " + std::to_string(overrun.losses.in_doubt));
  return pass();
}

}  // namespace

Verdict reported_loss(const Bench& bench) {
  const Subject subject = bench.subject();
  Notes notes;
  const Played talked = play(subject, bench.scene(Manner::talking), notes);
  if (!talked.losses.offered) return skip("it does not ask for the extension " SONDE_LOSS);
  if (bench.own_network) silence_pings();
  Play scene = bench.scene(Manner::dropping);
  const Played calm = play(subject, scene, notes);
  scene.overrun = true;
  play(subject, scene, notes);  // ended by the deadline
  scene.patience = longer_deadlines;
  const Played overrun = play(subject, scene, notes);
  if (!overrun.settled) return fail("while packets are lost tasks stayed open though nothing could happen any more");
  if (std::string what = notes.about(Rule::loss); !what.empty()) return fail(std::move(what));
  if (Verdict v = told_of_answers(talked); v.status != Status::pass) return v;
  return doubted(calm, overrun);
}

}  // namespace sonde::core::check
