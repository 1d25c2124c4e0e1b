// Which of several packets that are all alike an answer is to. A pure function.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace sonde::net {

// Which of the attempts that left at these times was answered at `arrived`, when round trips take up to `longest` (0:
// not known yet). Nothing where more than one comes into question: on a long path the answer to the first comes behind
// the second, and then none was lost (Karn's rule, RFC 6298 section 3).
inline std::optional<unsigned> attempt_answered(std::span<const int64_t> sent_at, int64_t arrived, int64_t longest) {
  std::size_t before = sent_at.size();
  while (before > 0 && sent_at[before - 1] > arrived) --before;
  if (before == 0) return std::nullopt;
  const auto last = static_cast<unsigned>(before - 1);
  if (last == 0) return 0;
  const bool may_be_last = arrived - sent_at[last] <= longest, may_be_earlier = arrived - sent_at[last - 1] <= longest;
  if (!may_be_last || may_be_earlier) return std::nullopt;
  return last;
}

}  // namespace sonde::net
