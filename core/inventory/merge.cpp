// One document about several runs. Everything here commutes: runs are put into one order first, and what is united is a
// set or a sum.
#include "inventory/merge.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "base/messages.hpp"
#include "base/text.hpp"
#include "base/utc.hpp"
#include "inventory/failed_stage.hpp"
#include "inventory/journal_damage.hpp"
#include "inventory/merge_check.hpp"
#include "inventory/merge_hosts.hpp"
#include "inventory/reasons.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t most_reasons = 32;          // as many as a run keeps of a stage
constexpr int64_t far_apart_seconds = 12 * 3600;  // parts of one night begin closer together

/// `part` of `counts`, by largest remainders; all of them when they are of one outcome.
OutcomeCounts share_of(const OutcomeCounts& counts, uint64_t part) {
  using wide = unsigned __int128;
  const wide total = std::accumulate(counts.begin(), counts.end(), wide{0});
  OutcomeCounts out{};
  if (total == 0) return out;
  std::vector<std::pair<wide, std::size_t>> rest;
  uint64_t given = 0;
  const auto wanted = static_cast<uint64_t>(std::min<wide>(part, total));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const wide product = static_cast<wide>(counts[i]) * wanted;
    out[i] = static_cast<uint64_t>(product / total);
    given += out[i];
    rest.emplace_back(product % total, i);
  }
  std::stable_sort(rest.begin(), rest.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < wanted; ++i, ++given) ++out[rest[i].second];
  return out;
}

/// "part 3 of 7", "parts 3, 5-6 of 7"
std::string parts_text(const std::vector<uint64_t>& parts, uint64_t count) {
  std::string list;
  for (std::size_t i = 0; i < parts.size();) {
    std::size_t last = i;
    while (last + 1 < parts.size() && parts[last + 1] == parts[last] + 1) ++last;
    list += (list.empty() ? "" : ", ") + std::to_string(parts[i]);
    if (last != i) list += "-" + std::to_string(parts[last]);
    i = last + 1;
  }
  return (parts.size() == 1 ? "part " : "parts ") + list + " of " + std::to_string(count);
}

/// Which run this is of: a copy of its journal is the same run. An id alone might have been drawn twice.
using RunKey = std::tuple<std::string, uint64_t, uint64_t>;
RunKey key_of(const RunRemains& run) {
  const JournalHeader& header = run.content.header;
  return {header.run_id, header.slice.start, header.slice.count};
}

/// The document of the whole, step by step.
class Summing {
 public:
  Summing(const std::vector<RunRemains>& runs, MergedRuns& out) : runs_(runs), document_(out.document), out_(out) {
    whole_.add(Slice{0, runs.front().content.header.targets});
    for (const RunRemains& run : runs) {
      given_.add(run.content.header.slice);
      settled_.add_all(run.content.settled.runs());
      with_record_.add_all(without(run.content.settled, run.content.silent).runs());
    }
  }

  void describe() {
    const JournalHeader& header = runs_.front().content.header;
    document_.pipeline = header.pipeline;
    document_.plan_hash = header.plan_hash;
    document_.sonde_version = SONDE_VERSION;
    document_.seed = header.seed;
    document_.scope = header.scope;
    document_.exclusions = header.exclusions;
    document_.targets = header.targets;
    document_.settled = settled_.size();
    for (std::size_t i = 0; i < header.stages.size(); ++i) {
      if (!header.stage_details[i].enabled) continue;
      StageCoverage stage;
      stage.name = header.stages[i];
      stage.plugin = header.stage_details[i].plugin;
      stage.version = header.stage_details[i].version;
      document_.stages.push_back(std::move(stage));
    }
    stages_.resize(header.stages.size());
    unavailable_.resize(header.stages.size());
    for (std::size_t i = 0, at = 0; i < stages_.size(); ++i)
      if (header.stage_details[i].enabled) stages_[i] = &document_.stages[at++];
  }

  /// How the stages ended of hosts that have a record.
  void add_hosts(const std::vector<OutcomeCounts>& outcomes) {
    for (std::size_t i = 0; i < stages_.size(); ++i)
      if (stages_[i] != nullptr) add_counts(stages_[i]->by_outcome, outcomes[i]);
  }

  /// Each run once, however often it was named: of copies the one that went furthest.
  void add_runs() {
    std::set<RunKey> seen;
    SettledSet counted = with_record_, before;
    uint64_t twice = 0;
    std::set<std::string> named_twice;
    for (const RunRemains& run : runs_) {
      add_silence(run.content, counted);
      if (!seen.insert(key_of(run)).second) {
        named_twice.insert(name_of(run));
        continue;
      }
      const uint64_t fresh = without(run.content.settled, before).size();
      twice += run.content.settled.size() - fresh;
      before.add_all(run.content.settled.runs());
      add_run(run);
    }
    for (const RunKey& run : seen) document_.merged_from.push_back(std::get<0>(run));
    for (const std::string& name : named_twice)
      out_.notes.push_back({"merge-overlap",
                            name + " is among the runs more than once, and counts once",
                            "if another part was meant, name that",
                            {},
                            Severity::warning});
    tell_other_nights();
    if (twice != 0)
      out_.notes.push_back({"merge-overlap",
                            counted_text(twice) + (twice == 1 ? " was" : " were") +
                                " settled by more than one run; what these found is united",
                            "",
                            {},
                            Severity::warning});
    for (StageCoverage& stage : document_.stages) limit_reasons(stage.errors);
  }

  /// Every pair of target and stage has an outcome; then what was left out, and why.
  void close() {
    const uint64_t given = given_.size();
    for (StageCoverage& stage : document_.stages) {
      const uint64_t told = std::accumulate(stage.by_outcome.begin(), stage.by_outcome.end(), uint64_t{0});
      if (told < given) stage.by_outcome[static_cast<std::size_t>(Outcome::skipped_shutdown)] += given - told;
      stage.by_outcome[static_cast<std::size_t>(Outcome::none)] += document_.targets - given;
    }
    for (std::size_t i = 0; i < stages_.size(); ++i)
      if (stages_[i] != nullptr && !unavailable_[i].empty()) tell_unavailable(i, unavailable_[i]);
    std::set<std::string> whys;
    add_missing_parts(whys);
    add_interruptions(whys);
    const bool failed = add_failed_stages();
    if (failed) whys.insert("stage failed");
    document_.complete = document_.settled == document_.targets && !failed;
    for (const std::string& why : whys)
      document_.why_incomplete += (document_.why_incomplete.empty() ? "" : ", ") + why;
    std::set<RunKey> told;
    for (const RunRemains& run : runs_)
      if (told.insert(key_of(run)).second) tell_damage(run.content, run.journal, document_, out_.notes);
  }

 private:
  static std::string counted_text(uint64_t n) { return sonde::core::counted(n, "target"); }

  /// A part that was not fetched, or did not run, is easily that of the night before: of the same plan, and complete.
  void tell_other_nights() {
    const RunRemains *first = nullptr, *last = nullptr;
    int64_t earliest = 0, latest = 0;
    for (const RunRemains& run : runs_) {
      const auto began = parse_rfc3339(run.content.header.started);
      if (!began) continue;
      if (first == nullptr || *began < earliest) first = &run, earliest = *began;
      if (last == nullptr || *began > latest) last = &run, latest = *began;
    }
    if (first == nullptr || latest - earliest < far_apart_seconds) return;
    out_.notes.push_back({"merge-apart",
                          "the runs began " + std::to_string((latest - earliest) / 3600) +
                              " hours apart: " + name_of(*first) + " at " + rfc3339(earliest) + ", " + name_of(*last) +
                              " at " + rfc3339(latest),
                          std::string(message("merge-apart").remedy),
                          {},
                          Severity::warning});
  }

  /// How the positions ended that nobody else has told of.
  void add_silence(const JournalContent& content, SettledSet& counted) {
    const uint64_t fresh = without(content.silent, counted).size();
    counted.add_all(content.silent.runs());
    if (fresh == 0) return;
    const bool all = fresh == content.silent.size();
    for (std::size_t i = 0; i < stages_.size() && i < content.silent_outcomes.size(); ++i)
      if (stages_[i] != nullptr)
        add_counts(stages_[i]->by_outcome,
                   all ? content.silent_outcomes[i] : share_of(content.silent_outcomes[i], fresh));
  }

  void add_run(const RunRemains& run) {
    const JournalHeader& header = run.content.header;
    if (document_.started.empty() || header.started < document_.started) document_.started = header.started;
    document_.packets += run.content.packets;
    for (const auto& [where, n] : run.content.errors)
      if (where.first < stages_.size() && stages_[where.first] != nullptr)
        stages_[where.first]->errors[where.second.empty() ? "no reason given" : where.second] += n;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (stages_[i] == nullptr) continue;
      const JournalStage& stage = header.stage_details[i];
      stages_[i]->adaptive |= stage.adaptive;
      if (!stage.unavailable.empty()) unavailable_[i].push_back(&run);
    }
    if (!run.document) return;
    document_.ended = std::max(document_.ended, run.document->ended);
    document_.dropped_receive += run.document->dropped_receive;
    for (const StageCoverage& told : run.document->stages)
      for (StageCoverage& stage : document_.stages)
        if (stage.name == told.name) add_losses(stage, told), add_ports(stage, told), add_fields(stage, told);
    if (run.document->slowed_to != 0)
      document_.slowed_to =
          document_.slowed_to == 0 ? run.document->slowed_to : std::min(document_.slowed_to, run.document->slowed_to);
    // Of a sonde whose journals say nothing of it, and call the targets settled that the stage did not ask.
    if (run.content.failures.empty())
      for (const auto& [what, why] : run.document->not_covered)
        if (what.starts_with("stage ")) told_as_failed_.emplace(what, why);
  }

  /// Those that left anybody unasked whom no other run has asked. Whether there are any.
  bool add_failed_stages() {
    const std::size_t before = document_.not_covered.size();
    for (const auto& gap : told_as_failed_) document_.not_covered.push_back(gap);
    const auto& names = runs_.front().content.header.stages;
    std::set<std::pair<std::string, std::string>> failed;  // in an order that does not depend on that of the runs
    for (const RunRemains& run : runs_)
      for (const auto& [stage, failure] : run.content.failures)
        if (without(failure.unasked, settled_).size() != 0) failed.emplace(names[stage], failure.why);
    for (const auto& [stage, why] : failed) tell_failed_stage(document_, stage, why);
    return document_.not_covered.size() != before;
  }

  /// The stage could not run in these. Nothing is lacking when what they had to ask was asked by others.
  void tell_unavailable(std::size_t index, const std::vector<const RunRemains*>& where) {
    constexpr std::size_t most_named = 3;
    StageCoverage& stage = *stages_[index];
    const std::size_t of = document_.merged_from.size();
    const bool partly = where.size() < of;
    if (partly && stage.by_outcome[static_cast<std::size_t>(Outcome::skipped_unavailable)] == 0) return;
    std::set<std::string> whys;
    std::string names;
    for (std::size_t i = 0; i < where.size(); ++i) {
      whys.insert(where[i]->content.header.stage_details[index].unavailable);
      if (i < most_named) names += (i == 0 ? "" : ", ") + name_of(*where[i]);
    }
    if (where.size() > most_named) names += " and " + std::to_string(where.size() - most_named) + " more";
    std::string why;
    for (const std::string& one : whys) why += (why.empty() ? "" : "; ") + one;
    const std::string share = "in " + std::to_string(where.size()) + " of " + counted(of, "run");
    stage.unavailable = partly ? share + ": " + why : why;
    out_.notes.push_back({"merge-unavailable",
                          "stage '" + stage.name + "' could not run " + share + ": " + names + ": " + why,
                          std::string(message("merge-unavailable").remedy),
                          {},
                          Severity::warning});
  }

  /// Runs that asked other ports, since one of them lacked a stage, have none that all hosts were asked.
  static void add_ports(StageCoverage& stage, const StageCoverage& told) {
    if (!told.ports) return;
    if (!stage.ports)
      stage.ports = told.ports;
    else if (*stage.ports != *told.ports)
      stage.ports->clear();
  }

  /// The same in all parts of one plan that say it. Of whom nothing is known follows from the outcomes.
  static void add_fields(StageCoverage& stage, const StageCoverage& told) {
    if (stage.fields.empty()) stage.fields = told.fields;
    stage.asks_servers |= told.asks_servers;
  }

  static void add_losses(StageCoverage& stage, const StageCoverage& told) {
    stage.postponed += told.postponed;
    stage.dropped_receive += told.dropped_receive;
    stage.queue_full += told.queue_full;
    stage.asked_again += told.asked_again;
    stage.in_doubt += told.in_doubt;
  }

  static void limit_reasons(std::map<std::string, uint64_t>& errors) {
    if (errors.size() <= most_reasons) return;
    std::vector<std::pair<std::string, uint64_t>> all(errors.begin(), errors.end());
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    errors = {all.begin(), all.begin() + most_reasons};
    for (std::size_t i = most_reasons; i < all.size(); ++i) errors[std::string(other_reasons)] += all[i].second;
  }

  void add_missing_parts(std::set<std::string>& whys) {
    const uint64_t missing = without(whole_, given_).size();
    if (missing == 0) return;
    const uint32_t count = runs_.front().content.header.shard_count;
    std::vector<uint64_t> parts;
    const bool one_cut = std::all_of(runs_.begin(), runs_.end(),
                                     [&](const RunRemains& run) { return run.content.header.shard_count == count; });
    for (uint32_t i = 0; one_cut && i < count; ++i) {
      SettledSet part;
      part.add(part_of(Slice{0, document_.targets}, i, count));
      if (without(part, given_).size() != 0) parts.push_back(uint64_t{i} + 1);
    }
    document_.not_covered.emplace_back(counted_text(missing), parts.empty()
                                                                  ? "in none of the runs"
                                                                  : parts_text(parts, count) + " not among the runs");
    whys.insert("parts are missing");
  }

  /// A gap is told once, though several runs may have it.
  void add_interruptions(std::set<std::string>& whys) {
    SettledSet told = settled_;
    std::map<std::string, uint64_t> gaps;
    for (const RunRemains& run : runs_) {
      SettledSet slice;
      slice.add(run.content.header.slice);
      const uint64_t open = without(slice, told).size();
      told.add(run.content.header.slice);
      if (open == 0) continue;
      const std::string why = run.content.reason.empty() ? "killed" : run.content.reason;
      gaps[why + ": run " + run.content.header.run_id] += open;
      whys.insert(why);
    }
    for (const auto& [why, n] : gaps) document_.not_covered.emplace_back(counted_text(n), why);
  }

  const std::vector<RunRemains>& runs_;
  RunDocument& document_;
  MergedRuns& out_;
  std::vector<StageCoverage*> stages_;  ///< by index of the plan; null: not enabled
  SettledSet whole_, given_, settled_, with_record_;
  std::vector<std::vector<const RunRemains*>> unavailable_;       ///< by stage: the runs in which it could not run
  std::set<std::pair<std::string, std::string>> told_as_failed_;  ///< stages, by run.json alone
};

}  // namespace

FoldContext MergedRuns::fold_context() const {
  FoldContext context;
  context.fields = &fields;
  context.stage_names = stage_names;
  for (const JournalStage& stage : stages) {
    context.stage_plugins.push_back(stage.plugin);
    context.stage_writes_alive.push_back(stage.writes_alive);
  }
  return context;
}

Result<MergedFields> merged_fields(const std::vector<RunRemains>& runs) {
  if (runs.empty()) return failure("bad-argument", "there is no run to merge");
  if (auto ok = check_one_plan(runs); !ok) return tl::unexpected(ok.error());
  auto fields = field_table(runs.front());
  if (!fields) return tl::unexpected(fields.error());
  std::set<FieldId> filled;
  for (const RunRemains& run : runs) filled.insert(run.content.header.filled.begin(), run.content.header.filled.end());
  return MergedFields{std::move(*fields), {filled.begin(), filled.end()}};
}

Result<MergedRuns> merge_runs(std::vector<RunRemains> runs, bool with_detail) {
  // The furthest first: what a copy, or a repetition that stopped earlier, knows is then known already.
  std::sort(runs.begin(), runs.end(), [](const RunRemains& a, const RunRemains& b) {
    const auto key = [](const RunRemains& r) {
      return std::tuple(~r.content.settled.size(), r.content.header.run_id, r.journal);
    };
    return key(a) < key(b);
  });
  auto shown = merged_fields(runs);
  if (!shown) return tl::unexpected(shown.error());
  auto hosts = merge_hosts(runs, shown->fields, with_detail);
  if (!hosts) return tl::unexpected(hosts.error());
  std::optional<Diagnostic> short_of_disk;
  for (RunRemains& run : runs) {
    if (!short_of_disk) short_of_disk = run.content.hosts.memory_warning();
    run.content.hosts = {};
  }

  MergedRuns merged;
  merged.fields = std::move(shown->fields);
  merged.filled = std::move(shown->filled);
  merged.stage_names = runs.front().content.header.stages;
  merged.stages = runs.front().content.header.stage_details;
  for (const RunRemains& run : runs)
    for (std::size_t i = 0; i < merged.stages.size(); ++i)
      if (run.content.header.stage_details[i].writes_alive) merged.stages[i].writes_alive = true;
  Summing sum(runs, merged);
  sum.describe();
  sum.add_hosts(hosts->outcomes);
  sum.add_runs();
  sum.close();
  if (!short_of_disk) short_of_disk = hosts->hosts.memory_warning();
  if (short_of_disk) merged.notes.push_back(std::move(*short_of_disk));
  merged.hosts = std::move(hosts->hosts);
  merged.document.responding = hosts->responding;
  return merged;
}

}  // namespace sonde::core
