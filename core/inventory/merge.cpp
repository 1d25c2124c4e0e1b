// Records of several journals by address, and one document about all of them. Everything here commutes: runs are put
// into one order first, and what is united is a set or a sum.
#include "inventory/merge.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/text.hpp"
#include "inventory/merge_check.hpp"
#include "targets/target_set.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t most_reasons = 32;  // as many as a run keeps of a stage

/// Where in the order of the plan an address stands.
class Order {
 public:
  /// Zones go by number: they mean nothing on a machine that does not have that interface under that number.
  static Result<Order> of(const std::vector<RunRemains>& runs) {
    const JournalHeader& header = runs.front().content.header;
    AddressSet scope;
    for (const std::string& text : header.scope) {
      const auto range = parse_range(text);
      if (!range && text.find('%') != std::string::npos)
        return failure(
            "merge-mismatch",
            name_of(runs.front()) + " has link-local targets, and this machine has no such interface: " + text,
            "merge it on the machine that made the run");
      if (range) scope.add(*range);
    }
    Order order(TargetSet(std::move(scope)), header.seed);
    if (order.targets_.size() != header.targets)
      return failure("journal-unreadable", name_of(runs.front()) + " is damaged: its scope holds " +
                                               std::to_string(order.targets_.size()) + " targets, not " +
                                               std::to_string(header.targets));
    for (const RunRemains& run : runs)
      for (const HostRecord& host : run.content.hosts)
        if (!order.targets_.contains(host.ip))
          return failure("journal-unreadable", name_of(run) + " is damaged, or of another machine's interfaces: " +
                                                   host.ip.to_string() + " is none of its targets");
    return order;
  }
  uint64_t position_of(const IpAddress& ip) const {
    const std::optional<uint64_t> index = targets_.index_of(ip);
    return index ? permutation_.position_of(*index) : UINT64_MAX;
  }

 private:
  Order(TargetSet targets, uint64_t seed)
      : targets_(std::move(targets)), permutation_(std::max<uint64_t>(1, targets_.size()), seed) {}
  TargetSet targets_;
  Permutation permutation_;
};

/// Hosts of all runs. A record of a settled host is whole; of one that was interrupted, better than nothing. What a
/// task said of a host that then settled without a record is in the counts of silence.
class Hosts {
 public:
  Hosts(std::size_t stages, Order order, const std::vector<RunRemains>& runs)
      : stages_(stages), order_(std::move(order)) {
    for (const RunRemains& run : runs) silent_.add_all(run.content.silent.runs());
  }

  void add(JournalContent& content) {
    for (HostRecord& host : content.hosts) {
      const bool settled = !std::binary_search(content.unsettled.begin(), content.unsettled.end(), host.ip);
      if (!settled && silent_.contains(order_.position_of(host.ip))) continue;
      const auto [place, fresh] = index_.try_emplace(host.ip, hosts_.size());
      if (fresh) {
        host.outcomes.resize(stages_);
        hosts_.push_back({std::move(host), settled});
        continue;
      }
      Host& known = hosts_[place->second];
      if (known.settled == settled)
        unite(known.record, host);
      else if (settled)
        known = {std::move(host), true};
    }
    content.hosts.clear();
  }

  void count(std::vector<StageCoverage*>& stages) const {
    for (const Host& host : hosts_)
      for (std::size_t i = 0; i < stages.size(); ++i) {
        if (stages[i] == nullptr || i >= host.record.outcomes.size()) continue;
        Outcome o = host.record.outcomes[i];
        if (o == Outcome::none && !host.settled) o = Outcome::skipped_shutdown;
        ++stages[i]->by_outcome[static_cast<std::size_t>(o)];
      }
  }

  std::vector<HostRecord> take() {
    std::vector<HostRecord> out;
    out.reserve(hosts_.size());
    for (Host& host : hosts_) out.push_back(std::move(host.record));
    std::sort(out.begin(), out.end(), [](const HostRecord& a, const HostRecord& b) { return a.ip < b.ip; });
    return out;
  }

 private:
  struct Host {
    HostRecord record;
    bool settled = false;
  };

  static void unite(HostRecord& into, HostRecord& more) {
    std::vector<Fact>& facts = into.facts;
    std::move(more.facts.begin(), more.facts.end(), std::back_inserter(facts));
    const auto key = [](const Fact& f) {
      return std::tie(f.stage, f.field, f.key, f.value.type, f.value.number, f.value.text);
    };
    std::sort(facts.begin(), facts.end(), [&](const Fact& a, const Fact& b) { return key(a) < key(b); });
    facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
    // The outcomes stand in the order of how much they say; `none` says nothing.
    for (std::size_t i = 0; i < into.outcomes.size() && i < more.outcomes.size(); ++i)
      if (into.outcomes[i] == Outcome::none ||
          (more.outcomes[i] != Outcome::none && more.outcomes[i] < into.outcomes[i]))
        into.outcomes[i] = more.outcomes[i];
  }

  std::size_t stages_;
  Order order_;
  SettledSet silent_;  ///< by any run
  std::vector<Host> hosts_;
  std::unordered_map<IpAddress, std::size_t> index_;
};

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
    for (std::size_t i = 0, at = 0; i < stages_.size(); ++i)
      if (header.stage_details[i].enabled) stages_[i] = &document_.stages[at++];
  }

  std::vector<StageCoverage*>& stages() { return stages_; }

  /// Each run once, however often it was named: of copies the one that went furthest.
  void add_runs() {
    std::set<std::string> seen;
    SettledSet counted = with_record_, before;
    uint64_t twice = 0;
    for (const RunRemains& run : runs_) {
      add_silence(run.content, counted);
      if (!seen.insert(run.content.header.run_id).second) continue;
      const uint64_t fresh = without(run.content.settled, before).size();
      twice += run.content.settled.size() - fresh;
      before.add_all(run.content.settled.runs());
      add_run(run);
    }
    document_.merged_from.assign(seen.begin(), seen.end());
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
    std::set<std::string> whys;
    add_missing_parts(whys);
    add_interruptions(whys);
    for (const auto& [what, why] : failed_stages_) {
      document_.not_covered.emplace_back(what, why);
      whys.insert("stage failed");
    }
    document_.complete = document_.settled == document_.targets && failed_stages_.empty();
    for (const std::string& why : whys)
      document_.why_incomplete += (document_.why_incomplete.empty() ? "" : ", ") + why;
  }

 private:
  static std::string counted_text(uint64_t n) { return sonde::core::counted(n, "target"); }

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
      if (!stage.unavailable.empty() && unavailable_.emplace(i, stage.unavailable).second)
        stages_[i]->unavailable += (stages_[i]->unavailable.empty() ? "" : "; ") + stage.unavailable;
    }
    if (!run.document) return;
    document_.ended = std::max(document_.ended, run.document->ended);
    document_.dropped_receive += run.document->dropped_receive;
    for (const StageCoverage& told : run.document->stages)
      for (StageCoverage& stage : document_.stages)
        if (stage.name == told.name) add_losses(stage, told);
    if (run.document->slowed_to != 0)
      document_.slowed_to =
          document_.slowed_to == 0 ? run.document->slowed_to : std::min(document_.slowed_to, run.document->slowed_to);
    for (const auto& [what, why] : run.document->not_covered)
      if (what.starts_with("stage ")) failed_stages_.emplace(what, why);
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
    for (std::size_t i = most_reasons; i < all.size(); ++i) errors["other reasons"] += all[i].second;
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
  std::set<std::pair<std::size_t, std::string>> unavailable_;
  std::set<std::pair<std::string, std::string>> failed_stages_;
};

bool is_alive(const HostRecord& host) {
  return std::any_of(host.facts.begin(), host.facts.end(),
                     [](const Fact& f) { return f.field == FieldTable::alive && f.value.as_bool(); });
}

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

Result<MergedRuns> merge_runs(std::vector<RunRemains> runs) {
  if (runs.empty()) return failure("bad-argument", "there is no run to merge");
  // The furthest first: what a copy, or a repetition that stopped earlier, knows is then known already.
  std::sort(runs.begin(), runs.end(), [](const RunRemains& a, const RunRemains& b) {
    const auto key = [](const RunRemains& r) {
      return std::tuple(~r.content.settled.size(), r.content.header.run_id, r.journal);
    };
    return key(a) < key(b);
  });
  if (auto ok = check_one_plan(runs); !ok) return tl::unexpected(ok.error());
  auto order = Order::of(runs);
  if (!order) return tl::unexpected(order.error());
  auto fields = field_table(runs.front());
  if (!fields) return tl::unexpected(fields.error());

  MergedRuns merged;
  merged.fields = std::move(*fields);
  merged.stage_names = runs.front().content.header.stages;
  merged.stages = runs.front().content.header.stage_details;
  std::set<FieldId> filled;
  Hosts hosts(merged.stages.size(), std::move(*order), runs);
  for (RunRemains& run : runs) {
    filled.insert(run.content.header.filled.begin(), run.content.header.filled.end());
    hosts.add(run.content);
    for (std::size_t i = 0; i < merged.stages.size(); ++i)
      if (run.content.header.stage_details[i].writes_alive) merged.stages[i].writes_alive = true;
  }
  merged.filled.assign(filled.begin(), filled.end());
  Summing sum(runs, merged);
  sum.describe();
  hosts.count(sum.stages());
  sum.add_runs();
  sum.close();
  merged.hosts = hosts.take();
  merged.document.responding = static_cast<uint64_t>(std::count_if(merged.hosts.begin(), merged.hosts.end(), is_alive));
  return merged;
}

}  // namespace sonde::core
