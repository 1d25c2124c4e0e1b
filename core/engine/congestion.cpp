// Congestion: what losses mean, and the rate that follows.
#include "engine/congestion.hpp"

#include <algorithm>
#include <vector>

namespace sonde::core {

namespace {
using Which = PacketFates::Which;
constexpr int64_t ms = 1'000'000, second = 1000 * ms;

// How many losses it takes to think of the speed at all, and which share of what is known. Found by playing sweeps
// (tests/unit/engine/sweeps_test.cpp): with less a lossy link slows every run down, with more hosts are missed.
constexpr uint64_t enough_known = 200;  // fates of the newest packets that are looked at
constexpr uint64_t losses_to_slow_down = 8;
constexpr uint64_t losses_of_first = 12;
constexpr uint64_t few_known = 64;            // first packets
constexpr uint64_t losses_when_slowed = 4;    // where too fast is near
constexpr uint64_t losses_to_suspect = 2;     // more may become known
constexpr uint64_t losses_after_a_burst = 1;  // where more will not become known
constexpr double share_to_slow_down = 0.05;
constexpr double share_when_slowed = 0.015;
constexpr double share_to_suspect = 0.15;
// A policer passes the head of each burst, where retries stand; so hardly any first one may have got through.
constexpr double share_of_first = 0.95;
constexpr double chance = 1.5;           // so many times what the link loses on average may be lost by chance
constexpr uint64_t burst_rate = 50'000;  // packets a second: a path may be overrun before that can be known

// What the model must say (loss_model.hpp), and what is made of it.
constexpr double likely = 0.75, certain = 0.97;  // that the link alone is the cause
constexpr double nearly_as_fast = 0.8;           // what holds at that part of a rate holds at the rate
constexpr double margin = 0.85;                  // of what probably gets through
constexpr double quick_growth = 0.7;             // of that: doubling so far, in small steps beyond
constexpr double below_the_limit = 0.95;         // of what may get through: no further
constexpr double deepest_fall = 16;              // more than that nobody can know from one rate
constexpr double used = 0.7;                     // of what was permitted; less proves nothing about more

// Below that nothing is polite any more, only endless. Where less is set: a tenth of it.
constexpr uint64_t lowest_rate = 100;
constexpr uint64_t lowest_for_this_machine = 1000;  // it can read that; more drops are somebody else's doing
constexpr uint64_t as_good_as_unlimited = 1'000'000;

constexpr int64_t growth_every = second;
constexpr int64_t explored_every = 3 * second;  // beyond what is known: what is lost there shows late
constexpr int64_t first_ones_known_after = 1500 * ms, second_retry_known_after = 700 * ms;
constexpr int64_t verdict_after = 2 * second;  // by then later tries have shown whether a packet's time was a bad one
constexpr int64_t verdict_every = 20 * ms;     // each takes half a millisecond
constexpr int64_t trouble_every = 50 * ms;     // a fall shows its effect only after a round trip
constexpr int64_t slowest_answer = second;     // what our buffers dropped was asked for no longer ago
constexpr int64_t slices_around = 2;           // 20 ms before and after a loss
// Of the newest slices some retries may still be on their way: they go out in the order of the first tries but for a
// few hundredths of a second (ShuffledTurns in common-linux/turn_queue.hpp).
constexpr int64_t slices_unsettled = 4;
}  // namespace

static_assert(2 * RateHistory::regimes_kept <= most_loss_records, "a settled and an open record for each");
static_assert(PacketFates::slice_ns == PacketBudget::hundredth_ns &&
                  PacketFates::slices_kept == PacketBudget::hundredths_kept,
              "what is remembered of losses must be remembered of rates");

Congestion::Congestion(PacketBudget& budget, uint64_t set_rate, bool enabled, int64_t now)
    : budget_(budget),
      enabled_(enabled),
      free_rate_(set_rate == 0 ? UINT64_MAX : set_rate),
      lowest_rate_(std::clamp<uint64_t>(free_rate_ / 10, 1, lowest_rate)),
      fates_(now),
      history_(now, free_rate_),
      judged_since_(now) {}

/// Packets a second while any left. Where less than a hundred do, each stands alone in its hundredth of a second, and
/// what was permitted says more.
uint64_t Congestion::rate_of(int64_t first_slice, int64_t last_slice) const {
  return std::min(budget_.busy_rate_between(fates_.begin_of(first_slice), fates_.end_of(last_slice)), free_rate_);
}

/// Of the packets that say something about the path.
PacketFates::Cohort Congestion::cohort(int64_t first_slice, int64_t last_slice, uint64_t size) const {
  return fates_.cohort(first_slice, last_slice, first_dropped_since_ != 0 ? Which::later : Which::all, size);
}

void Congestion::arrived(int64_t sent_at, int64_t now, Attempt attempt) {
  fates_.arrived(sent_at, attempt);
  grow_if_due(now);
}

void Congestion::lost(int64_t sent_at, int64_t now, Attempt attempt) {
  fates_.lost(sent_at, attempt);
  if (!enabled_) return;
  const std::lock_guard lock(mutex_);
  if (first_dropped_since_ != 0 && attempt == Attempt::first) {
    if (!first_ones_arrive(fates_.slice_of(sent_at))) return;
    first_dropped_since_ = 0;
    judged_since_ = now;
  }
  loss_delay_.reported(sent_at, now);
  const int64_t slice = fates_.slice_of(sent_at);
  if (slowed() && !line_likely_) doubt_around(slice);
  newest_lost_ = std::max(newest_lost_.load(), slice);
  if (sent_at < judged_since_) return;
  if (may_be_the_first_ones(now)) {
    suspect_until_ = now + verdict_after;
    unjudged_.store(true, std::memory_order_release);
    return;
  }
  const uint32_t falls = falls_;
  judge(newest_lost_ - slices_unsettled, losses_to_slow_down, now);
  unjudged_.store(!slowed() && falls == falls_, std::memory_order_release);
}

// While the run is slowed down, a moment of which a share was lost is in doubt though of all that is known only a
// little was: a burst that overran the path, from a shard that had to wait for a processor, or a loss that is reported
// late. Where few answer a single loss is such a share, and the few that were silent in the same 50 ms are asked again
// for it.
void Congestion::doubt_around(int64_t slice) {
  const int64_t first = std::max<int64_t>(slice - slices_around, 0), last = slice + slices_around;
  if (cohort(first, last).lossy(1, share_to_slow_down + chance * line_share_))
    doubt_.add(fates_.begin_of(first), fates_.end_of(last), DoubtfulTimes::Cause::path);
}

// A sweep that leaves in a moment is over before many of its losses are known: of what overran the path a few got
// through, and their few retries. When nobody waits for a retry of those packets any more, all is known that will be.
void Congestion::judge_the_last(int64_t silent_since, int64_t now) {
  const std::lock_guard lock(mutex_);
  if (!unjudged_ || fates_.slice_of(silent_since) < newest_lost_) return;
  // A link that loses a few is left to what comes later, and so is a router that drops the first packet to each of a
  // few: only a burst overruns a path before it is known.
  const auto c = cohort(fates_.first_slice_after(judged_since_), newest_lost_, enough_known);
  const bool burst = rate_of(fates_.slice_of(c.from), newest_lost_) >= burst_rate;
  if (may_be_the_first_ones(now)) {
    // Or the path took a few of the second ones, and no more of this burst will be known.
    if (burst) doubt_.add(judged_since_, now, DoubtfulTimes::Cause::path);
    return;
  }
  unjudged_ = false;
  if (c.share() > share_to_suspect) judge(newest_lost_, burst ? losses_after_a_burst : losses_to_slow_down, now);
}

/// What all that is remembered says, by the rates at which it was sent up to that slice.
LossVerdict Congestion::verdict(int64_t last_slice, int64_t now) const {
  // Before the first fall there are no extra tries, and all is known as soon as a retry is answered.
  const int64_t settled = path_suspected_ ? fates_.slice_of(now - loss_delay_.ns()) : last_slice;
  const auto regimes = history_.regimes();
  std::vector<LossRecord> records;
  for (std::size_t i = 0; i < regimes.size(); ++i) {
    const int64_t first = fates_.first_slice_after(regimes[i].from);
    int64_t last = last_slice;
    if (i + 1 < regimes.size()) last = std::min(last, fates_.slice_of(regimes[i + 1].from) - 1);
    if (last < first) continue;
    const auto rate = static_cast<double>(std::min(rate_of(first, last), regimes[i].permitted));
    // In a free run a target is asked a few times only, and of what comes later the lost ones are seldom known.
    const bool free = regimes[i].permitted == free_rate_;
    const auto which = first_dropped_since_ != 0 ? Which::later : free ? Which::first : Which::all;
    const auto known = fates_.cohort(first, std::min(last, settled), which);
    const auto open = fates_.cohort(std::max(first, settled + 1), last, which);
    records.push_back({.rate = rate, .arrived = known.arrived, .lost = known.lost, .open = false});
    records.push_back({.rate = rate, .arrived = open.arrived, .lost = open.lost, .open = true});
  }
  return judge_losses(records);
}

// Where hardly one of the first ones arrived, a router may drop them. It shows for sure when later ones have been sent
// beside them for a while.
bool Congestion::may_be_the_first_ones(int64_t now) {
  if (slowed() || first_dropped_since_ != 0) return false;
  const auto c = fates_.cohort(fates_.first_slice_after(judged_since_), newest_lost_, Which::first, enough_known);
  if (!c.lossy(1, share_of_first)) return false;
  if (first_loss_ == 0) first_loss_ = now;
  return now - first_loss_ < first_ones_known_after;
}

// A path that is overrun, and a link that loses a share, make no difference between packets that leave at the same
// time; and of targets that are asked twice no more are known to have lost the first packet than to have got it.
bool Congestion::only_first_ones_are_lost(int64_t now) const {
  const int64_t settled = slowed() ? loss_delay_.ns() : second_retry_known_after;
  const auto c =
      fates_.beside_what_arrived(fates_.first_slice_after(history_.last_fall()), fates_.slice_of(now - settled));
  return c.first.lossy(losses_of_first, share_of_first) && c.later.arrived >= losses_to_slow_down &&
         !c.later.lossy(1, share_to_slow_down);
}

/// Of late, though nothing was expected of them any more: other targets, or the router has learned them.
bool Congestion::first_ones_arrive(int64_t last_slice) const {
  const auto c = fates_.cohort(fates_.first_slice_after(first_dropped_since_), last_slice, Which::first, few_known);
  return c.arrived + c.lost >= few_known && c.arrived > c.lost;
}

/// By the packets up to that slice. Fewer losses than `least_losses` are no reason to slow down.
void Congestion::judge(int64_t last_slice, uint64_t least_losses, int64_t now) {
  const bool was_slowed = slowed();
  const auto c = cohort(fates_.first_slice_after(judged_since_), last_slice, enough_known);
  const double by_the_line = chance * line_share_;
  const bool lossy = was_slowed ? c.lossy(losses_when_slowed, by_the_line + share_when_slowed)
                                : c.lossy(least_losses, by_the_line + share_to_slow_down);
  // Too few to judge by, but those whose wait ends now had better not be given up before more is known.
  if (!was_slowed && c.lossy(losses_to_suspect, by_the_line + share_to_suspect)) suspect_until_ = now + verdict_after;
  if ((!lossy && !was_slowed) || now < next_verdict_) return;
  next_verdict_ = now + verdict_every;
  if (first_dropped_since_ == 0 && only_first_ones_are_lost(now)) {
    first_dropped_since_ = now;
    return set_free(now);
  }
  const LossVerdict v = verdict(last_slice, now);
  line_likely_ = v.line_alone > likely;
  // Only another rate can show that.
  if (v.line_alone > certain && path_suspected_) {
    line_share_ = v.line_share;
    // Up to the fastest rate that is remembered; beyond it growth finds out.
    if (was_slowed && v.fastest > nearly_as_fast * static_cast<double>(overrun_rate_)) set_free(now);
    return;
  }
  if (!lossy || (was_slowed && line_likely_)) return;
  uint64_t rate = rate_of(fates_.slice_of(c.from), last_slice);
  if (was_slowed) rate = std::min(rate, rate_.load());
  if (rate == 0) return;
  if (!was_slowed || overrun_rate_ == 0) overrun_rate_ = rate;
  fall(v, rate, c.from, now);
}

/// For losses on the path, which showed among what left at `rate` since `from`.
void Congestion::fall(const LossVerdict& v, uint64_t rate, int64_t from, int64_t now) {
  path_suspected_ = true;
  const auto fast = static_cast<double>(rate);
  const auto next = static_cast<uint64_t>(std::clamp(margin * v.cautious, fast / deepest_fall, margin * fast));
  // Losses were few when the rate began to be too much: in doubt is all that left faster than what gets through.
  doubt_.add(history_.faster_since(next, from), now, DoubtfulTimes::Cause::path);
  fall_to(next, now);
}

// The speed was not the cause: packets that were sent while it was thought so are worth what all others are.
void Congestion::set_free(int64_t now) {
  doubt_.absolve_the_path();
  line_likely_ = false;
  suspect_until_ = 0;
  judged_since_ = now;
  rate_ = 0;
  budget_.slow_to(0);
  next_growth_ = INT64_MAX;
  history_.set_free(now);
}

void Congestion::overrun(int64_t last_look, int64_t now) {
  if (!enabled_) return;
  const std::lock_guard lock(mutex_);
  doubt_.add(last_look - slowest_answer, now, DoubtfulTimes::Cause::machine);
  // The same trouble as a moment ago is answered once.
  if (now - last_trouble_ < trouble_every) return;
  last_trouble_ = now;
  slow_for_this_machine(0.5, now);
}

void Congestion::queue_full(int64_t now) {
  if (!enabled_) return;
  const std::lock_guard lock(mutex_);
  if (now - last_trouble_ < trouble_every) return;
  last_trouble_ = now;
  slow_for_this_machine(0.75, now);
}

void Congestion::slow_for_this_machine(double part, int64_t now) {
  // Of what was read or queued now the packets left no longer ago.
  uint64_t rate = rate_of(fates_.slice_of(now - slowest_answer), fates_.slice_of(now));
  if (slowed()) rate = std::min(rate, rate_.load());
  if (rate > lowest_for_this_machine)
    fall_to(std::max(static_cast<uint64_t>(part * static_cast<double>(rate)), lowest_for_this_machine), now);
}

void Congestion::fall_to(uint64_t rate, int64_t now) {
  judged_since_ = now;
  rate = std::max(rate, lowest_rate_);
  next_growth_ = now + growth_every;
  if (slowed() && rate >= rate_) return;  // as slow as may be
  rate_ = rate;
  budget_.slow_to(rate);
  history_.fell_to(rate, now);
  if (lowest_ == 0 || rate < lowest_) lowest_ = rate;
  falls_.fetch_add(1, std::memory_order_release);
}

void Congestion::grow_if_due(int64_t now) {
  if (now < next_growth_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  grow(now);
}

void Congestion::grow(int64_t now) {
  if (now < next_growth_ || !slowed()) return;
  next_growth_ = now + growth_every;
  loss_delay_.decay();
  const uint64_t rate = rate_;
  if (static_cast<double>(budget_.rate_between(now - growth_every, now)) < used * static_cast<double>(rate)) return;
  uint64_t more = rate + std::max<uint64_t>(1, rate / 10);
  if (path_suspected_) {
    const LossVerdict v = verdict(fates_.slice_of(now), now);
    // Too few are left to show a loss, but what was lost before says enough.
    const bool limited = v.line_alone < likely;
    if (limited && v.precise && static_cast<double>(rate) > v.hopeful) return fall(v, rate, now, now);
    // After a deep fall, back to what has meanwhile turned out to get through; beyond that with care.
    const uint64_t known = std::min(2 * rate, static_cast<uint64_t>(quick_growth * v.cautious));
    if (now - history_.last_change() < explored_every) more = rate;
    if (limited) more = std::min(more, static_cast<uint64_t>(below_the_limit * v.hopeful));
    more = std::max({rate, known, more});
    if (more == rate) return;
  }
  const bool free = more >= std::min(free_rate_, as_good_as_unlimited);
  rate_ = free ? 0 : more;
  budget_.slow_to(rate_);
  if (free) next_growth_ = INT64_MAX;
  history_.grew_to(free ? free_rate_ : more, now);
}

Congestion::Silence Congestion::silence(int64_t sent_at, int64_t now) {
  grow_if_due(now);  // also where nobody answers
  if (unjudged_.load(std::memory_order_acquire) && fates_.slice_of(sent_at) >= newest_lost_)
    judge_the_last(sent_at, now);
  if (doubt_.contain(sent_at)) return Silence::doubtful;
  const bool undecided = slowed() || now < suspect_until_.load(std::memory_order_relaxed);
  return undecided && now - sent_at < verdict_after ? Silence::open : Silence::holds;
}

}  // namespace sonde::core
