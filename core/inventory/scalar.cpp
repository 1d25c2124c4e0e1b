// Typed scalars and the words for outcomes.
#include <sonde/plugin.h>

#include <algorithm>
#include <array>
#include <bit>

#include "inventory/record.hpp"

namespace sonde::core {

Scalar Scalar::boolean(bool b) {
  return {SONDE_BOOL, b ? uint64_t{1} : uint64_t{0}, {}};
}
Scalar Scalar::of(uint64_t n) {
  return {SONDE_U64, n, {}};
}
Scalar Scalar::of(int64_t n) {
  return {SONDE_I64, static_cast<uint64_t>(n), {}};
}
Scalar Scalar::of(double d) {
  return {SONDE_F64, std::bit_cast<uint64_t>(d), {}};
}
Scalar Scalar::of(std::string s) {
  return {SONDE_TEXT, 0, std::move(s)};
}
Scalar Scalar::json(std::string s) {
  return {SONDE_JSON, 0, std::move(s)};
}
double Scalar::as_f64() const {
  return std::bit_cast<double>(number);
}

bool says_more(Outcome a, Outcome than) {
  constexpr std::array<Outcome, outcome_count> most_first{Outcome::positive,
                                                          Outcome::negative,
                                                          Outcome::no_answer,
                                                          Outcome::error,
                                                          Outcome::cancelled,
                                                          Outcome::skipped_nothing_to_ask,
                                                          Outcome::skipped_when,
                                                          Outcome::skipped_no_neighbour,
                                                          Outcome::skipped_unavailable,
                                                          Outcome::skipped_shutdown,
                                                          Outcome::none};
  const auto rank = [&](Outcome o) { return std::find(most_first.begin(), most_first.end(), o); };
  return rank(a) < rank(than);
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::none:
      return "not yet";
    case Outcome::positive:
      return "positive";
    case Outcome::negative:
      return "negative";
    case Outcome::no_answer:
      return "no answer";
    case Outcome::error:
      return "error";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::skipped_when:
      return "skipped: when";
    case Outcome::skipped_no_neighbour:
      return "skipped: no neighbour";
    case Outcome::skipped_unavailable:
      return "skipped: unavailable";
    case Outcome::skipped_shutdown:
      return "skipped: shutdown";
    case Outcome::skipped_nothing_to_ask:
      return "skipped: nothing to ask";
  }
  return "unknown";
}

}  // namespace sonde::core
