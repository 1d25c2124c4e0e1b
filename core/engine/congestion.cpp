// Congestion: cohorts of packets, the judgement of what their losses mean, and the rate that follows.
#include "engine/congestion.hpp"

#include <algorithm>

namespace sonde::core {

namespace {
constexpr int64_t ms = 1'000'000, second = 1000 * ms;
constexpr int64_t slice_ns = 10 * ms;
constexpr uint64_t crowd = 8;          // fewer losses together prove nothing
constexpr uint64_t crowd_slowed = 4;   // where too fast is near, or all that is known shows that most was lost
constexpr uint64_t cohort_size = 200;  // known fates that are enough for a judgement
constexpr double lossy_share = 0.05;   // below that it is the line, not the speed
constexpr double lossy_share_slowed = 0.015;
constexpr double rough_share = 0.3;  // above it what got through is only roughly known
constexpr double guess = 0.75;       // of what seems to get through then
constexpr uint32_t most_halvings = 2;
constexpr double most_share = 0.85;   // of a cohort half of whose fates are still open no more can be known
constexpr uint64_t least_rate = 100;  // below that nothing is polite any more, only endless
constexpr uint64_t as_good_as_unlimited = 1'000'000;
constexpr int64_t growth_every = second;
constexpr int64_t plateau = 60 * second;       // just below what gets through
constexpr int64_t verdict_after = 2 * second;  // by then later tries have shown whether a packet's time was a bad one
constexpr int64_t trouble_every = 50 * ms;     // a fall shows its effect only after a round trip
constexpr int64_t slowest_answer = second;     // what our buffers dropped was asked for no longer ago
constexpr uint32_t futile_falls_max = 4;
constexpr int64_t resigned_for = 300 * second;
constexpr std::size_t spans_kept = 256;
constexpr int64_t moment = 2;  // slices before and after

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
    : budget_(budget), set_(set_rate), enabled_(enabled), start_(now), regime_(now) {
  for (auto& s : slices_) s.store(UINT64_MAX << 32, std::memory_order_relaxed);
}

int64_t Congestion::number_of(int64_t time) const {
  return std::max<int64_t>(time - start_, 0) / slice_ns;
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

// Retries go out in the order of the first tries: when the loss of one is known, so is the fate of those before it.
Congestion::Cohort Congestion::cohort_before(int64_t number) const {
  Cohort c;
  const int64_t first = std::max(number_of(regime_ + slice_ns - 1), number - static_cast<int64_t>(remembered) + 1);
  for (int64_t n = number; n >= first && c.arrived + c.lost < cohort_size; --n) {
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
  if (now >= next_growth_.load(std::memory_order_relaxed)) {
    std::lock_guard lock(mutex_);
    grow(now);
  }
}

void Congestion::lost(int64_t sent_at, int64_t now) {
  note(sent_at, one_lost);
  if (!enabled_) return;
  std::lock_guard lock(mutex_);
  if (rate_ != 0) doubt_around(number_of(sent_at));
  newest_lost_ = std::max(newest_lost_.load(), number_of(sent_at));
  if (sent_at < regime_ || now < resigned_until_) return;
  const uint32_t falls = falls_;
  // Of the newest slice some retries may still be on their way.
  judge(newest_lost_ - 1, crowd, now);
  unjudged_.store(rate_ == 0 && falls == falls_, std::memory_order_release);
}

// A sweep that leaves in a moment is over before many of its losses are known: of what overran the path a few got
// through, and their few retries. When nobody waits for a retry of those packets any more, all is known that will be.
void Congestion::judge_the_last(int64_t silent_since, int64_t now) {
  std::lock_guard lock(mutex_);
  if (!unjudged_ || number_of(silent_since) < newest_lost_) return;
  unjudged_ = false;
  // A line that loses a few is left to what comes later.
  if (now >= resigned_until_ && cohort_before(newest_lost_).share() > rough_share)
    judge(newest_lost_, crowd_slowed, now);
}

/// By the packets up to the slice `last`. Where most were lost, `crowd_of_rough` of them are enough.
void Congestion::judge(int64_t last, uint64_t crowd_of_rough, int64_t now) {
  const Cohort c = cohort_before(last);
  const uint64_t enough = rate_ != 0 ? crowd_slowed : c.share() > rough_share ? crowd_of_rough : crowd;
  if (!c.lossy(enough, rate_ != 0 ? lossy_share_slowed : lossy_share)) return;
  const double share = c.share();
  const int64_t to = start_ + (last + 1) * slice_ns - 1;
  uint64_t rate = budget_.rate_between(c.from, to);
  if (rate_ != 0) rate = std::min(rate, rate_.load());
  if (rate == 0) return;
  // About the same rate as before the last fall shows nothing.
  if (rate_before_ == 0 || rate * 10 <= rate_before_ * 9) {
    // Where few answer a share is a rough guess: one that looks better by chance must not take back what was seen.
    if (futile(share, rate))
      ++futile_falls_;
    else if (c.arrived + c.lost >= cohort_size / 2)
      futile_falls_ = 0;
  }
  if (futile_falls_ >= futile_falls_max || rate <= least_rate) return resign(now);
  share_before_ = share;
  rate_before_ = rate;
  const double through = static_cast<double>(rate) * (1 - share);
  const bool rough = share > rough_share;
  passed_ = rough ? 0 : static_cast<uint64_t>(through);
  const int64_t since = faster_since(passed_, c.from);
  // A policer lets the head of each burst through, so that few fates look better than it is. Where a guess was still
  // too fast the next one halves, and halves again: each costs all that are asked a try.
  rough_falls_ = rough ? rough_falls_ + 1 : 0;
  const double part = rough ? guess / (1u << std::min(rough_falls_ - 1, most_halvings)) : 0.85;
  fall_to(static_cast<uint64_t>(through * part), {since, now, true}, now);
}

// Where the speed was not the cause, packets sent while it was thought so are worth what all others are.
void Congestion::resign(int64_t now) {
  if (futile_falls_ >= futile_falls_max) std::erase_if(doubt_, [](const Span& s) { return s.of_path; });
  resigned_until_ = now + resigned_for;
  futile_falls_ = 0;
  rate_before_ = passed_ = 0;
  steps_.clear();
  regime_ = now;
  set_rate(0);
}

// Losses were few when the rate began to be too much: in doubt is all that left faster than what gets through.
int64_t Congestion::faster_since(uint64_t rate, int64_t otherwise) const {
  for (const Step& s : steps_)
    if (rate != 0 && s.rate * 50 > rate * 49) return std::min(s.at, otherwise);
  return otherwise;
}

// Had the speed been the cause, as many as before would have got through, and a smaller share been lost. Nearer to
// that, or nearer to what it was?
bool Congestion::futile(double share, uint64_t rate) const {
  if (rate_before_ == 0) return false;
  if (share_before_ >= most_share) return share > 0.8;
  if (share > 1.5 * share_before_ + lossy_share) return false;  // then that was no good estimate
  const double through = (1 - share_before_) * static_cast<double>(rate_before_) / static_cast<double>(rate);
  const double expected = std::max(0.0, 1 - through);
  return share > (share_before_ + expected) / 2;
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
  fall_to(budget_.rate_between(now - 100 * ms, now) / 2, {from, now, false}, now);
}

void Congestion::queue_full(int64_t now) {
  if (!enabled_) return;
  std::lock_guard lock(mutex_);
  if (now - last_trouble_ < trouble_every) return;
  last_trouble_ = now;
  fall_to(budget_.rate_between(now - 100 * ms, now) * 3 / 4, {now, now, false}, now);
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
  if (static_cast<double>(lost) > lossy_share * static_cast<double>(arrived + lost))
    in_doubt({start_ + first * slice_ns, start_ + (last + 1) * slice_ns - 1, true});
}

void Congestion::fall_to(uint64_t rate, Span doubt, int64_t now) {
  if (doubt.from < doubt.to) in_doubt(doubt);
  regime_ = now;
  steps_.clear();
  uint64_t floor = least_rate;
  if (set_ != 0) floor = std::min(floor, set_);
  rate = std::max(rate, floor);
  if (rate_ != 0) rate = std::min(rate, rate_.load());
  set_rate(rate);
  if (lowest_ == 0 || rate < lowest_) lowest_ = rate;
  next_growth_ = now + growth_every;
  falls_.fetch_add(1, std::memory_order_release);
}

void Congestion::set_rate(uint64_t rate) {
  rate_ = rate;
  budget_.slow_to(rate);
  if (rate != 0) return;
  next_growth_ = INT64_MAX;
  rough_falls_ = 0;
}

void Congestion::grow(int64_t now) {
  if (now < next_growth_ || rate_ == 0) return;
  next_growth_ = now + growth_every;
  // What was permitted and not used proves nothing about more.
  const uint64_t rate = rate_;
  if (budget_.rate_between(now - growth_every, now) * 10 < rate * 7) return;
  uint64_t more = rate + std::max<uint64_t>(1, rate / 10);
  const uint64_t safe = passed_ / 20 * 19;
  if (passed_ != 0 && rate < safe && more >= safe) {
    more = safe;
    next_growth_ = now + plateau;
  }
  rough_falls_ = 0;
  steps_.push_back({now, more});
  if (more >= (set_ != 0 ? set_ : as_good_as_unlimited)) return set_rate(0);
  set_rate(more);
}

Congestion::Silence Congestion::silence(int64_t sent_at, int64_t now) {
  if (unjudged_.load(std::memory_order_acquire) && number_of(sent_at) >= newest_lost_) judge_the_last(sent_at, now);
  const int64_t doubt_until = doubt_until_.load(std::memory_order_acquire);
  if (doubt_until < 0) return Silence::holds;
  if (sent_at <= doubt_until) {
    std::lock_guard lock(mutex_);
    for (const Span& s : doubt_) {
      if (s.from > sent_at) break;
      if (sent_at <= s.to) return Silence::doubtful;
    }
  }
  return rate_ != 0 && now - sent_at < verdict_after ? Silence::open : Silence::holds;
}

}  // namespace sonde::core
