// Congestion: cohorts of packets, the judgement of what their losses mean, and the rate that follows.
#include "engine/congestion.hpp"

#include <algorithm>

namespace sonde::core {

namespace {
constexpr int64_t ms = 1'000'000, second = 1000 * ms;
constexpr int64_t slice_ns = 10 * ms;
constexpr uint64_t crowd = 8;          // fewer losses together prove nothing
constexpr uint64_t crowd_slowed = 4;   // where too fast is near
constexpr uint64_t crowd_suspect = 2;  // more may become known
constexpr uint64_t crowd_at_last = 1;  // where more will not become known
constexpr uint64_t cohort_size = 200;  // known fates that are enough for a judgement
constexpr double lossy_share = 0.05;   // below that it is the line, not the speed
constexpr double lossy_share_slowed = 0.015;
constexpr double lossy_share_at_last = 0.15;
constexpr uint64_t burst_rate = 50'000;
constexpr double line_varies = 1.5;              // so much more than a line usually loses is no chance
constexpr double likely = 0.75, certain = 0.97;  // that the line alone is the cause
constexpr double margin = 0.85;                  // of what probably gets through
constexpr double quick_growth = 0.7;             // of that: doubling so far, in small steps beyond
constexpr double below_the_limit = 0.95;         // of what may get through: no further
constexpr double deepest_fall = 16;              // more than that nobody can know from one rate
constexpr double most_share = 0.95, nearly_all_share = 0.8;
constexpr double most_at_least_rate = 0.5;
constexpr uint32_t most_of_nearly_all = 4;
// Below that nothing is polite any more, only endless. Where less is set: a tenth of it.
constexpr uint64_t least_rate = 100;
constexpr uint64_t least_rate_of_this_machine = 1000;  // it can read that; more drops are somebody else's doing
constexpr uint64_t as_good_as_unlimited = 1'000'000;
constexpr int64_t growth_every = second;
constexpr int64_t explored_every = 3 * second;  // beyond what is known: what is lost there shows late
constexpr int64_t verdict_after = 2 * second;   // by then later tries have shown whether a packet's time was a bad one
constexpr int64_t verdict_every = 20 * ms;      // each takes a good part of a millisecond
// Probes pause so long between the extra tries of a target, and longer while many wait for theirs; until then losses
// are told late, and arrivals at once.
constexpr int64_t ripe_after = 1700 * ms, ripe_at_last = 4 * second;
constexpr int64_t told_within = 350 * ms;   // most are told no later than that behind the ones before
constexpr double impatience = 0.7;          // the delays of a second ago matter so much
constexpr int64_t trouble_every = 50 * ms;  // a fall shows its effect only after a round trip
constexpr int64_t slowest_answer = second;  // what our buffers dropped was asked for no longer ago
constexpr int64_t resigned_for = 300 * second;
constexpr std::size_t spans_kept = 256, regimes_kept = 16;
constexpr int64_t moment = 2;  // slices before and after
// Of the newest slices some retries may still be on their way: they go out in the order of the first tries but for a
// few hundredths of a second.
constexpr int64_t lag = 4;

constexpr uint64_t one_arrived = 1u << 16, one_lost = 1;
uint64_t arrived_in(uint64_t slice) {
  return slice >> 16 & 0xffff;
}
uint64_t lost_in(uint64_t slice) {
  return slice & 0xffff;
}
}  // namespace

bool Congestion::Cohort::lossy(uint64_t least, double share) const {
  return lost >= least && static_cast<double>(lost) > share * static_cast<double>(arrived + lost);
}

// A packet counts as lost only when a later one was answered. Where that one was lost as well nothing is known, so of a
// share p that is lost, p(1-p) shows, beside the 1-p that arrived: their quotient is p.
double Congestion::Cohort::share() const {
  return std::min(most_share, static_cast<double>(lost) / static_cast<double>(std::max<uint64_t>(arrived, 1)));
}

Congestion::Congestion(PacketBudget& budget, uint64_t set_rate, bool enabled, int64_t now)
    : budget_(budget),
      set_(set_rate),
      enabled_(enabled),
      start_(now),
      least_(set_rate == 0 ? least_rate : std::clamp<uint64_t>(set_rate / 10, 1, least_rate)),
      regimes_{{now, 0}},
      fell_(now),
      ripe_after_(ripe_after) {
  for (auto& s : slices_) s.store(UINT64_MAX << 32, std::memory_order_relaxed);
}

int64_t Congestion::number_of(int64_t time) const {
  return std::max<int64_t>(time - start_, 0) / slice_ns;
}

/// The first slice that begins no earlier.
int64_t Congestion::first_after(int64_t time) const {
  return number_of(time + slice_ns - 1);
}

void Congestion::note(int64_t sent_at, uint64_t what) {
  const int64_t number = number_of(sent_at);
  std::atomic<uint64_t>& place = slices_[static_cast<uint64_t>(number) % remembered];
  const auto tag = static_cast<uint64_t>(static_cast<uint32_t>(number));
  uint64_t seen = place.load(std::memory_order_relaxed);
  for (;;) {
    // A later slice has the place already: what is that old matters no more.
    if (static_cast<int32_t>(static_cast<uint32_t>(seen >> 32) - static_cast<uint32_t>(tag)) > 0 &&
        seen >> 32 != UINT32_MAX)
      return;
    uint64_t next = (seen >> 32 == tag ? seen : tag << 32) + what;
    if (next >> 32 != tag || (what == one_lost && lost_in(next) == 0)) return;  // full: 65535 in 10 ms are enough
    if (place.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return;
  }
}

/// The newest packets from slice `first` to `last`, until `size` fates are known.
Congestion::Cohort Congestion::cohort(int64_t first, int64_t last, uint64_t size) const {
  Cohort c;
  first = std::max(first, last - static_cast<int64_t>(remembered) + 1);
  for (int64_t n = last; n >= first && c.arrived + c.lost < size; --n) {
    const uint64_t slice = slices_[static_cast<uint64_t>(n) % remembered].load(std::memory_order_relaxed);
    c.from = start_ + n * slice_ns;
    if (slice >> 32 != static_cast<uint32_t>(n)) continue;
    c.arrived += arrived_in(slice);
    c.lost += lost_in(slice);
  }
  return c;
}

void Congestion::arrived(int64_t sent_at, int64_t now) {
  note(sent_at, one_arrived);
  grow_if_due(now);
}

void Congestion::lost(int64_t sent_at, int64_t now) {
  note(sent_at, one_lost);
  if (!enabled_) return;
  std::lock_guard lock(mutex_);
  note_delay(sent_at, now);
  if (rate_ != 0 && !line_likely_) doubt_around(number_of(sent_at));
  newest_lost_ = std::max(newest_lost_.load(), number_of(sent_at));
  if (sent_at < fell_ || now < resigned_until_) return;
  const uint32_t falls = falls_;
  judge(newest_lost_ - lag, crowd, now);
  unjudged_.store(rate_ == 0 && falls == falls_, std::memory_order_release);
}

// How late losses are told at present. Of a target that was asked often the last try says it.
void Congestion::note_delay(int64_t sent_at, int64_t now) {
  if (now != told_at_) ripe_after_ = std::max(ripe_after_, std::min(told_after_, ripe_at_last));
  told_at_ = now;
  told_after_ = now - sent_at + told_within;
}

// A sweep that leaves in a moment is over before many of its losses are known: of what overran the path a few got
// through, and their few retries. When nobody waits for a retry of those packets any more, all is known that will be.
void Congestion::judge_the_last(int64_t silent_since, int64_t now) {
  std::lock_guard lock(mutex_);
  if (!unjudged_ || number_of(silent_since) < newest_lost_) return;
  unjudged_ = false;
  if (now < resigned_until_) return;
  // A line that loses a few is left to what comes later, and so is a router that drops the first packet to each of a
  // few: only a burst overruns a path before it is known.
  const Cohort c = cohort(first_after(fell_), newest_lost_, cohort_size);
  const bool burst = budget_.busy_rate_between(c.from, start_ + (newest_lost_ + 1) * slice_ns - 1) >= burst_rate;
  if (c.share() > lossy_share_at_last) judge(newest_lost_, burst ? crowd_at_last : crowd, now);
}

/// What all that is remembered says, by the rates at which it was sent up to the slice `last`.
LossVerdict Congestion::verdict(int64_t last, int64_t now) const {
  // Before the first fall there are no extra tries, and all is known as soon as a retry is answered.
  const int64_t ripe = path_falls_ == 0 ? last : number_of(now - ripe_after_);
  std::vector<LossRecord> records;
  for (std::size_t i = 0; i < regimes_.size(); ++i) {
    const int64_t first = first_after(regimes_[i].from);
    const int64_t end = i + 1 < regimes_.size() ? std::min(number_of(regimes_[i + 1].from) - 1, last) : last;
    if (end < first) continue;
    uint64_t rate = budget_.busy_rate_between(start_ + first * slice_ns, start_ + (end + 1) * slice_ns - 1);
    if (regimes_[i].permitted != 0) rate = std::min(rate, regimes_[i].permitted);
    for (const bool open : {false, true}) {
      const Cohort c =
          open ? cohort(std::max(first, ripe + 1), end, UINT64_MAX) : cohort(first, std::min(end, ripe), UINT64_MAX);
      records.push_back({static_cast<double>(rate), c.arrived, c.lost, open});
    }
  }
  return judge_losses(records);
}

/// By the packets up to the slice `last`. Fewer losses than `least` are no reason to slow down.
void Congestion::judge(int64_t last, uint64_t least, int64_t now) {
  const Cohort c = cohort(first_after(fell_), last, cohort_size);
  const bool slowed = rate_ != 0;
  const bool lossy =
      c.lossy(slowed ? crowd_slowed : least, line_varies * line_share_ + (slowed ? lossy_share_slowed : lossy_share));
  // Too few to judge by, but those whose wait ends now had better not be given up before more is known.
  if (!slowed && c.lossy(crowd_suspect, line_varies * line_share_ + lossy_share_at_last))
    suspect_until_.store(now + verdict_after);
  if ((!lossy && !slowed) || now < next_verdict_) return;
  next_verdict_ = now + verdict_every;
  const LossVerdict v = verdict(last, now);
  line_likely_ = v.line_alone > likely;
  // Only another rate can show that.
  if (v.line_alone > certain && path_falls_ > 0) {
    line_share_ = v.line_share;
    // Up to the fastest rate that is remembered; beyond it growth finds out.
    if (slowed && v.fastest * 5 > static_cast<double>(free_rate_) * 4) resign(now);
    return;
  }
  if (!lossy || (slowed && line_likely_)) return;
  uint64_t rate = budget_.busy_rate_between(c.from, start_ + (last + 1) * slice_ns - 1);
  if (slowed) rate = std::min(rate, rate_.load());
  if (rate == 0) return;
  nearly_all_ = c.share() > nearly_all_share ? nearly_all_ + 1 : 0;
  if (nearly_all_ > most_of_nearly_all || (rate < 2 * least_ && c.share() > most_at_least_rate)) {
    resigned_until_ = now + resigned_for;
    return resign(now);
  }
  if (!slowed) free_rate_ = rate;
  fall(v, rate, c.from, now);
}

/// For losses on the path, which showed among what left at `rate` since `from`.
void Congestion::fall(const LossVerdict& v, uint64_t rate, int64_t from, int64_t now) {
  const auto fast = static_cast<double>(rate);
  const auto next = static_cast<uint64_t>(std::clamp(margin * v.cautious, fast / deepest_fall, margin * fast));
  ++path_falls_;
  in_doubt({faster_since(next, from), now, true});
  fall_to(next, now);
}

// Where the speed was not the cause, packets sent while it was thought so are worth what all others are.
void Congestion::resign(int64_t now) {
  std::erase_if(doubt_, [](const Span& s) { return s.of_path; });
  nearly_all_ = 0;
  line_likely_ = false;
  suspect_until_ = 0;
  steps_.clear();
  fell_ = now;
  set_rate(0, now);
}

// Losses were few when the rate began to be too much: in doubt is all that left faster than what gets through.
int64_t Congestion::faster_since(uint64_t rate, int64_t otherwise) const {
  for (const Step& s : steps_)
    if (rate != 0 && s.rate * 50 > rate * 49) return std::min(s.at, otherwise);
  return otherwise;
}

void Congestion::overrun(int64_t last_look, int64_t now) {
  if (!enabled_) return;
  std::lock_guard lock(mutex_);
  const int64_t from = last_look - slowest_answer;
  if (now - last_trouble_ < trouble_every) {
    // The same trouble as a moment ago; who was asked meanwhile is in doubt all the same.
    in_doubt({from, now, false});
    return;
  }
  last_trouble_ = now;
  in_doubt({from, now, false});
  slow_for_this_machine(0.5, now);
}

void Congestion::queue_full(int64_t now) {
  if (!enabled_) return;
  std::lock_guard lock(mutex_);
  if (now - last_trouble_ < trouble_every) return;
  last_trouble_ = now;
  slow_for_this_machine(0.75, now);
}

void Congestion::slow_for_this_machine(double part, int64_t now) {
  // Of what was read or queued now the packets left no longer ago.
  const uint64_t rate = budget_.busy_rate_between(now - slowest_answer, now);
  const uint64_t present = rate_ != 0 ? std::min(rate, rate_.load()) : rate;
  if (present > least_rate_of_this_machine)
    fall_to(std::max(static_cast<uint64_t>(part * static_cast<double>(present)), least_rate_of_this_machine), now);
}

void Congestion::in_doubt(Span span) {
  std::erase_if(doubt_, [&span](const Span& s) {
    if (s.of_path != span.of_path || s.to < span.from || span.to < s.from) return false;
    span = {std::min(s.from, span.from), std::max(s.to, span.to), span.of_path};
    return true;
  });
  doubt_.insert(std::upper_bound(doubt_.begin(), doubt_.end(), span,
                                 [](const Span& a, const Span& b) { return a.from < b.from; }),
                span);
  if (doubt_.size() > spans_kept) {  // joined: what lies between is asked again for nothing, but nothing is missed
    doubt_[1] = {doubt_[0].from, std::max(doubt_[0].to, doubt_[1].to), doubt_[0].of_path && doubt_[1].of_path};
    doubt_.erase(doubt_.begin());
  }
  doubt_until_.store(std::max(doubt_until_.load(std::memory_order_relaxed), span.to), std::memory_order_release);
}

// While the run is slowed down, a moment of which a share was lost is in doubt though of all that is known only a
// little was: a burst that overran the path, from a shard that had to wait for a processor, or a loss that is told
// late. Where few answer a single loss is such a share, and the few that were silent in the same 50 ms are asked again
// for it.
void Congestion::doubt_around(int64_t number) {
  uint64_t arrived = 0, lost = 0;
  const int64_t first = std::max<int64_t>(number - moment, 0), last = number + moment;
  for (int64_t n = first; n <= last; ++n) {
    const uint64_t slice = slices_[static_cast<uint64_t>(n) % remembered].load(std::memory_order_relaxed);
    if (slice >> 32 != static_cast<uint32_t>(n)) continue;
    arrived += arrived_in(slice);
    lost += lost_in(slice);
  }
  if (static_cast<double>(lost) > (lossy_share + line_varies * line_share_) * static_cast<double>(arrived + lost))
    in_doubt({start_ + first * slice_ns, start_ + (last + 1) * slice_ns - 1, true});
}

void Congestion::fall_to(uint64_t rate, int64_t now) {
  fell_ = now;
  rate = std::max(rate, least_);
  if (rate_ != 0) rate = std::min(rate, rate_.load());
  steps_ = {{now, rate}};
  set_rate(rate, now);
  if (lowest_ == 0 || rate < lowest_) lowest_ = rate;
  falls_.fetch_add(1, std::memory_order_release);
}

void Congestion::set_rate(uint64_t rate, int64_t now) {
  rate_ = rate;
  budget_.slow_to(rate);
  next_growth_ = rate == 0 ? INT64_MAX : now + growth_every;
  if (regimes_.size() == regimes_kept) join_similar_regimes();
  regimes_.push_back({now, rate});
}

// The first one stays by itself: what was lost when the run was free is what the others are compared with.
void Congestion::join_similar_regimes() {
  const auto apart = [this](std::size_t i) {
    const auto [low, high] = std::minmax(regimes_[i - 1].permitted, regimes_[i].permitted);
    return low == high ? 1 : static_cast<double>(high) / static_cast<double>(std::max<uint64_t>(low, 1));
  };
  std::size_t closest = 2;
  for (std::size_t i = 3; i < regimes_.size(); ++i)
    if (apart(i) < apart(closest)) closest = i;
  regimes_[closest - 1].permitted = std::max(regimes_[closest - 1].permitted, regimes_[closest].permitted);
  regimes_.erase(regimes_.begin() + static_cast<std::ptrdiff_t>(closest));
}

void Congestion::grow_if_due(int64_t now) {
  if (now < next_growth_.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(mutex_);
  grow(now);
}

void Congestion::grow(int64_t now) {
  if (now < next_growth_ || rate_ == 0) return;
  next_growth_ = now + growth_every;
  ripe_after_ = std::max(ripe_after, static_cast<int64_t>(impatience * static_cast<double>(ripe_after_)));
  // What was permitted and not used proves nothing about more.
  const uint64_t rate = rate_;
  if (budget_.rate_between(now - growth_every, now) * 10 < rate * 7) return;
  uint64_t more = rate + std::max<uint64_t>(1, rate / 10);
  if (path_falls_ > 0) {
    const LossVerdict v = verdict(number_of(now), now);
    // Too few are left to show a loss, but what was lost before says enough.
    const bool limited = v.line_alone < likely;
    if (limited && v.precise && static_cast<double>(rate) > v.hopeful) return fall(v, rate, now, now);
    // After a deep fall, back to what has meanwhile turned out to get through; beyond that with care.
    const uint64_t known = std::min(2 * rate, static_cast<uint64_t>(quick_growth * v.cautious));
    if (now - steps_.back().at < explored_every) more = rate;
    if (limited) more = std::min(more, static_cast<uint64_t>(below_the_limit * v.hopeful));
    more = std::max({rate, known, more});
    if (more == rate) return;
  }
  steps_.push_back({now, more});
  set_rate(more >= (set_ != 0 ? set_ : as_good_as_unlimited) ? 0 : more, now);
}

Congestion::Silence Congestion::silence(int64_t sent_at, int64_t now) {
  grow_if_due(now);  // also where nobody answers
  if (unjudged_.load(std::memory_order_acquire) && number_of(sent_at) >= newest_lost_) judge_the_last(sent_at, now);
  const int64_t doubt_until = doubt_until_.load(std::memory_order_acquire);
  if (sent_at <= doubt_until) {
    std::lock_guard lock(mutex_);
    for (const Span& s : doubt_) {
      if (s.from > sent_at) break;
      if (sent_at <= s.to) return Silence::doubtful;
    }
  }
  const bool undecided = rate_ != 0 || now < suspect_until_.load(std::memory_order_relaxed);
  return undecided && now - sent_at < verdict_after ? Silence::open : Silence::holds;
}

}  // namespace sonde::core
