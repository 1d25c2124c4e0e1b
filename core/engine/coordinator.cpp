#include "engine/coordinator.hpp"

#include <algorithm>

#include "engine/shard.hpp"
#include "inventory/facts.hpp"
#include "inventory/reasons.hpp"
#include "plugins/host_calls.hpp"

namespace sonde::core {

namespace {
constexpr int64_t second = 1'000'000'000;
constexpr std::size_t most_reasons = 32;     // distinct error texts kept for a stage: they may be hostile and many
constexpr std::size_t most_warnings = 1000;  // distinct ones that are remembered as told

bool is_alive(const HostRecord& h) {
  return std::any_of(h.facts.begin(), h.facts.end(),
                     [](const Fact& f) { return f.field == FieldTable::alive && f.value.as_bool(); });
}
}  // namespace

Coordinator::Coordinator(RunShared& shared, const RunRequest& request, JournalWriter* journal,
                         std::function<void(const HostRecord&)> on_settled)
    : shared_(shared),
      request_(request),
      journal_(journal),
      on_settled_(std::move(on_settled)),
      log_(shared, request),
      errors_(shared.plan.stages.size()),
      earlier_(shared.plan.stages.size()) {}

void Coordinator::preload(const JournalContent& before) {
  before_ = &before;
  recalled_.resize(before.unsettled.size());
  auto read = before.hosts.each([&](const HostRecord& h) {
    if (std::binary_search(before.unsettled.begin(), before.unsettled.end(), h.ip)) return;
    for (std::size_t i = 0; i < h.outcomes.size() && i < earlier_.size(); ++i)
      ++earlier_[i].by_outcome[static_cast<std::size_t>(h.outcomes[i])];
    responding_ += is_alive(h);
    on_settled_(h);
    hosts_.add(h);
  });
  if (!read) problems_.push_back(read.error());
  if (auto warning = before.hosts.memory_warning()) problems_.push_back(std::move(*warning));
  for (std::size_t i = 0; i < before.silent_outcomes.size() && i < earlier_.size(); ++i)
    add_counts(earlier_[i].by_outcome, before.silent_outcomes[i]);
  for (const auto& [where, n] : before.errors)
    if (where.first < errors_.size()) count_error(where.first, where.second, n);
  for (const auto& [stage, failure] : before.failures)
    if (stage < shared_.plan.stages.size()) left_before_[stage] = failure.unasked.size();
  packets_before_ = before.packets;
  settled_before_ = before.settled.size();
  responding_before_ = responding_;
}

std::map<uint8_t, std::string> Coordinator::failed_stages() const {
  std::map<uint8_t, std::string> failed;
  // One that failed behind its last host has left nobody, and nothing to go on with.
  for (const auto& [stage, why] : failed_stages_)
    if (left_some_.contains(stage)) failed.emplace(stage, why);
  for (const auto& [stage, left] : left_before_)
    if (left != 0) failed.emplace(stage, before_->failures.at(stage).why);
  return failed;
}

/// Whom a stage had left unasked in an earlier part is asked now.
void Coordinator::settled_now(const Slice& positions) {
  for (auto& [stage, left] : left_before_) {
    const SettledSet& unasked = before_->failures.at(stage).unasked;
    for (uint64_t i = 0; i < positions.count && left != 0; ++i) left -= unasked.contains(positions.start + i);
  }
}

/// A host that an earlier part left half done is asked again as a whole; what that part learned of it still counts.
void Coordinator::recall(HostRecord& host) {
  if (before_ == nullptr) return;
  const std::vector<IpAddress>& unsettled = before_->unsettled;
  const auto place = std::lower_bound(unsettled.begin(), unsettled.end(), host.ip);
  if (place == unsettled.end() || *place != host.ip) return;
  recalled_[static_cast<std::size_t>(place - unsettled.begin())] = true;
  std::vector<Fact> facts;
  const auto is_told = [](const Diagnostic& d) { return d.id == "temporary-file"; };
  if (auto read = before_->hosts.find(host.ip, facts);
      !read && std::none_of(problems_.begin(), problems_.end(), is_told))
    problems_.push_back(read.error());
  std::move(host.facts.begin(), host.facts.end(), std::back_inserter(facts));
  host.facts = std::move(facts);
  put_in_order(host.facts, true);
}

/// Those that nobody came to, or that said nothing this time: their outcomes are counted with the others of that kind.
void Coordinator::keep_half_done() {
  if (before_ == nullptr) return;
  for (std::size_t i = 0; i < recalled_.size(); ++i) {
    if (recalled_[i]) continue;
    HostRecord host{before_->unsettled[i], {}, std::vector<Outcome>(shared_.plan.stages.size())};
    recall(host);
    if (!say_something(host.facts, shared_.plan.fields, shared_.keep_detail)) continue;
    responding_ += is_alive(host);
    on_settled_(host);
    hosts_.add(host);
  }
}

uint64_t Coordinator::packets() const {
  return packets_before_ + shared_.budgets.packets.taken();
}

void Coordinator::count_error(uint8_t stage, const std::string& why, uint64_t n) {
  auto& reasons = errors_[stage];
  const std::string reason = why.empty() ? "no reason given" : general_reason(why);
  const bool room = reasons.size() < most_reasons || reasons.count(reason) != 0;
  reasons[room ? reason : std::string(other_reasons)] += n;
}

void Coordinator::tell(const Batch::Log& line) {
  if (line.own) {
    if (request_.on_note) request_.on_note(line.level, line.text);
    return;
  }
  if (!request_.on_log) return;
  // Each shard and worker has an instance that finds the same fault; people need to hear it once.
  const bool warning = line.level <= SONDE_LOG_WARN;
  if (warning && told_.size() < most_warnings && !told_.insert(line.text).second) return;
  request_.on_log(line.level, line.text);
}

void Coordinator::supervise(const std::vector<std::unique_ptr<Shard>>& shards, int64_t started) {
  last_durable_ = last_progress_ = last_refresh_ = started;
  log_.begin(settled_before_);
  for (bool more = true; more;) {
    // Asked before the last collect: what a shard delivered before it finished is then in the batch.
    more = shared_.inbox.finished() < shards.size();
    handle(shared_.inbox.collect(more ? 100 : 0), shards);
    const int64_t now = monotonic_ns();
    if (now - last_refresh_ >= second / 4) {
      shared_.budgets.neighbours.refresh();
      last_refresh_ = now;
    }
    if (journal_ && (now - last_durable_ >= 5 * second || !more)) {
      journal_->packets(packets());
      if (auto synced = journal_->sync(true); !synced) journal_failed(synced.error());
      last_durable_ = now;
    }
    if (now - last_progress_ >= second / 10 || !more) tell_progress(started, !more);
    watch_memory();
    check_end(shards, started);
  }
  keep_half_done();
}

void Coordinator::journal_failed(const Diagnostic& why) {
  // Said once; the run goes on, and so do the attempts: a full disk may have room again.
  if (!journal_trouble_) problems_.push_back(why);
  journal_trouble_ = true;
}

void Coordinator::watch_memory() {
  if (memory_told_) return;
  auto warning = hosts_.memory_warning();
  if (!warning) return;
  memory_told_ = true;
  problems_.push_back(std::move(*warning));
}

void Coordinator::check_end(const std::vector<std::unique_ptr<Shard>>& shards, int64_t started) {
  if (stopping_) return;
  const int64_t limit = shared_.plan.limits.run_timeout;
  if (request_.stop_signal && request_.stop_signal->load() != 0)
    signal_ = request_.stop_signal->load();
  else if (limit > 0 && monotonic_ns() - started >= limit)
    timed_out_ = true;
  if (signal_ == 0 && !timed_out_) return;
  stopping_ = true;
  for (const auto& s : shards) s->stop();
}

void Coordinator::write_journal(Batch& b) {
  for (const Batch::StageFailure& f : b.failures)
    if (!failed_stages_.contains(f.stage)) journal_->stage_failed(f.stage, f.why);
  for (const Batch::Result& r : b.results) journal_->result(r.ip, r.stage, r.outcome, r.facts, r.why);
  for (const Batch::Settled& s : b.settled) {
    // What the core itself knew of the host stands in front of what the stages found.
    const std::vector<Fact>& facts = s.record.facts;
    const auto of_stages =
        std::find_if(facts.begin(), facts.end(), [](const Fact& f) { return f.stage != core_stage; });
    const auto known = std::span(facts).first(static_cast<std::size_t>(of_stages - facts.begin()));
    if (!known.empty()) journal_->result(s.record.ip, core_stage, Outcome::none, known, {});
    if (s.whole) journal_->settled(s.position, s.record.ip, &s.record.outcomes);
  }
  for (const Batch::Unasked& u : b.unasked) journal_->unasked(u.position, u.ip, u.outcomes, u.stages);
  // Silence in runs of positions: one line for many.
  std::sort(b.silent.begin(), b.silent.end(), [](const Slice& x, const Slice& y) { return x.start < y.start; });
  for (std::size_t i = 0; i < b.silent.size();) {
    Slice run = b.silent[i];
    for (++i; i < b.silent.size() && b.silent[i].start == run.end(); ++i) run.count += b.silent[i].count;
    journal_->settled(run);
  }
  if (!b.silent.empty()) journal_->silent_outcomes(b.silent_outcomes);
}

void Coordinator::handle(Batch&& b, const std::vector<std::unique_ptr<Shard>>& shards) {
  if (journal_ && !b.empty()) {
    write_journal(b);
    if (auto synced = journal_->sync(false); !synced) journal_failed(synced.error());
  }
  for (const Batch::Result& r : b.results)
    if (r.outcome == Outcome::error) count_error(r.stage, r.why, 1);
  unasked_ += b.unasked.size();
  for (const Batch::Unasked& u : b.unasked) left_some_.insert(u.stages.begin(), u.stages.end());
  for (const Slice& run : b.silent) settled_now(run);
  for (Batch::Settled& s : b.settled) {
    if (s.whole) settled_now({s.position, 1});
    recall(s.record);
    const bool alive = is_alive(s.record);
    responding_ += alive;
    if (alive && request_.on_host) request_.on_host(s.record);
    on_settled_(s.record);
    hosts_.add(s.record);
  }
  for (const Batch::HandedOver& done : b.handed_over) {
    // The facts first: a shard that sees its hosts written must see that there is room.
    RunShared::Written& written = shared_.written[done.shard];
    written.facts.store(done.facts);
    written.hosts.store(done.hosts);
    if (written.awaited.exchange(false)) shards[done.shard]->look_again();
  }
  for (const Batch::Log& l : b.logs) tell(l);
  for (const Batch::StageFailure& f : b.failures) {
    const StagePlan& stage = shared_.plan.stages[f.stage];
    // Each shard gives it up for itself; people need to hear it once.
    if (!failed_stages_.emplace(f.stage, f.why).second) continue;
    problems_.push_back(Diagnostic{"stage-failed", "stage '" + stage.name + "': " + f.why, "", stage.where});
  }
}

void Coordinator::tell_progress(int64_t started, bool last) {
  last_progress_ = monotonic_ns();
  const auto counters = shared_.inbox.counters(&settled_);
  log_.look(counters, errors_, last_progress_ - started, last);
  if (!request_.on_progress) return;
  Progress p;
  p.targets = shared_.plan.slice.count;
  p.settled = settled_;
  p.settled_before = settled_before_;
  p.packets = shared_.budgets.packets.taken();
  p.elapsed = last_progress_ - started;
  uint64_t heard = responding_before_;
  for (const StageCounters& stage : counters) heard += stage.first_alive;
  p.responding = std::max(heard, responding_);  // a source's own statement shows when the host is settled
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (!shared_.plan.stages[i].enabled) continue;
    Progress::Stage s;
    s.name = shared_.plan.stages[i].name;
    for (uint64_t n : counters[i].by_outcome) s.done += n;
    s.found = counters[i].by_outcome[static_cast<std::size_t>(Outcome::positive)];
    s.in_flight = counters[i].in_flight;
    s.waiting = counters[i].waiting;
    p.stages.push_back(std::move(s));
  }
  request_.on_progress(p);
}

HostStore Coordinator::take_hosts() {
  hosts_.sort();
  return std::move(hosts_);
}

}  // namespace sonde::core
