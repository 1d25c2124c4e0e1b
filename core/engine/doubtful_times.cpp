// Spans of time, joined where they overlap.
#include "engine/doubtful_times.hpp"

#include <algorithm>

namespace sonde::core {

void DoubtfulTimes::add(int64_t from, int64_t to, Cause cause) {
  const std::lock_guard lock(mutex_);
  Span span{from, to, cause};
  std::erase_if(spans_, [&span](const Span& s) {
    if (s.cause != span.cause || s.to < span.from || span.to < s.from) return false;
    span = {std::min(s.from, span.from), std::max(s.to, span.to), span.cause};
    return true;
  });
  spans_.insert(std::upper_bound(spans_.begin(), spans_.end(), span,
                                 [](const Span& a, const Span& b) { return a.from < b.from; }),
                span);
  if (spans_.size() > spans_kept) {
    // What our own buffers dropped stays in doubt whatever becomes known of the path.
    const bool both_path = spans_[0].cause == Cause::path && spans_[1].cause == Cause::path;
    spans_[1] = {spans_[0].from, std::max(spans_[0].to, spans_[1].to), both_path ? Cause::path : Cause::machine};
    spans_.erase(spans_.begin());
  }
  until_.store(std::max(until_.load(std::memory_order_relaxed), span.to), std::memory_order_release);
}

void DoubtfulTimes::absolve_the_path() {
  const std::lock_guard lock(mutex_);
  std::erase_if(spans_, [](const Span& s) { return s.cause == Cause::path; });
}

bool DoubtfulTimes::contain(int64_t sent_at) const {
  if (sent_at > until_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock(mutex_);
  for (const Span& s : spans_) {
    if (s.from > sent_at) break;
    if (sent_at <= s.to) return true;
  }
  return false;
}

}  // namespace sonde::core
