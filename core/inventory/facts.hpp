// Lists of facts as sets: what several parts of a run said of one host.
#pragma once
#include <span>
#include <tuple>
#include <vector>

#include "inventory/record.hpp"

namespace sonde::core {

/// All of a fact: equal keys are the same statement.
inline auto fact_key(const Fact& f) {
  return std::tie(f.stage, f.field, f.key, f.value.type, f.value.number, f.value.text);
}
/// By stage, otherwise as they came. Of equal ones the first stays, when there may be `repeats`: a stage that was done
/// twice states most things twice.
void put_in_order(std::vector<Fact>&, bool repeats);
/// Whether they are worth a record: more than the name that the target was given as, or that nobody answers on its
/// link. Details count where an output shows them.
bool say_something(std::span<const Fact>, const FieldTable&, bool with_detail);

}  // namespace sonde::core
