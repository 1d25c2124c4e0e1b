// Typed scalars and the words for outcomes.
#include <sonde/plugin.h>

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
