// What a plugin's schema says about packets and waiting time: at the root of options_schema,
// "x-sonde": {"cost": {"silent": [...], "alive": [...], "wait": [...]}}. Each is a product of factors: a number, or the
// name of an option (its number, the length of its list, its duration in ns; true and a text that is
// given count 1, false and an empty text 0).
//   silent  packets to a target that never answers        alive   packets to one that answers at once
//   most    packets to a target at most, whatever it answers, while none is lost  (absent: the larger of the two)
//   open_ended  not 0: what a target answers may lead to packets that `most` does not contain  (absent: 0)
//   wait    ns that a task on a silent target takes        (absent: 0)
//   alive_wait  ns that a task on a target that answers takes (absent: 0)
//   in_turn   no product but true: the silent hosts of a batch wait one behind the other, not side by side
//   connections  among how many of them that wait is divided: as many as limits.connections_per_host permits stand side
//             by side                                      (absent: the wait is one)
//   deadline  ns after which a task is over                (absent: the descriptor's timeout and the wait)
//   spared_by  no product but the name of an input: where an earlier stage writes that field, a target that answered
//              nobody costs nothing here, and one that answered at most what so many values in the option of that name
//              would
// Nested lists are sums: ["ports"] is one a port; [["ports"], [1]] is one a port and one more. {"first": [...]} is the
// first of its factors that is not 0: what counts when an option was not given.
#pragma once
#include <cstdint>

#include "config/schema.hpp"

namespace sonde::core {

/// A cost expression of a plugin evaluated on checked options, saturating; absent or unknown names count 0.
uint64_t evaluate_cost(const Value& expression, const Value& options);
/// Checks the words of a cost object against the schema's properties.
Result<void> check_cost(const Value& cost, const Schema&);

}  // namespace sonde::core
