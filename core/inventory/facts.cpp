#include "inventory/facts.hpp"

#include <algorithm>

namespace sonde::core {
namespace {

void remove_repeats(std::vector<Fact>& facts) {
  std::vector<const Fact*> sorted;
  sorted.reserve(facts.size());
  for (const Fact& fact : facts) sorted.push_back(&fact);
  std::sort(sorted.begin(), sorted.end(),
            [](const Fact* a, const Fact* b) { return std::tuple(fact_key(*a), a) < std::tuple(fact_key(*b), b); });
  std::vector<bool> repeat(facts.size());
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (fact_key(*sorted[i]) == fact_key(*sorted[i - 1]))
      repeat[static_cast<std::size_t>(sorted[i] - facts.data())] = true;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (repeat[i]) continue;
    if (kept != i) facts[kept] = std::move(facts[i]);
    ++kept;
  }
  facts.resize(kept);
}

}  // namespace

void put_in_order(std::vector<Fact>& facts, bool repeats) {
  std::stable_sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return a.stage < b.stage; });
  if (repeats) remove_repeats(facts);
}

bool say_something(std::span<const Fact> facts, const FieldTable& fields, bool with_detail) {
  return std::any_of(facts.begin(), facts.end(), [&](const Fact& f) {
    const bool given_name = f.field == FieldTable::hostname && f.stage == core_stage;
    if (f.field >= fields.size()) return false;  // a journal may name fields that nobody here knows
    return !given_name && f.field != FieldTable::link && (with_detail || !fields[f.field].detail);
  });
}

}  // namespace sonde::core
