// What a plugin asks of a run once its options are known: rights, packets and time, tasks in one call. The descriptor
// says it for all options; words in x-sonde at the root of its options_schema say it more closely:
//   "cost": {...}                                      see cost.hpp
//   "batch": "hosts"                                   the option of that name lowers max_batch
//   "variants": {"mode": {"import": {"needs": ["files"], "cost": {}}}}
//                                                      with mode: import, these instead of the descriptor's and the
//                                                      cost
#pragma once
#include <sonde/plugin.h>

#include <cstdint>
#include <string_view>

#include "plugins/registry.hpp"

namespace sonde::core {

/// Who may ask admit(): one of these sends packets that the host does not.
inline constexpr uint32_t needs_admission = SONDE_NEED_SOCKETS | SONDE_NEED_RAW | SONDE_NEED_EXEC;
inline constexpr std::string_view needs_admission_words = "SONDE_NEED_SOCKETS, SONDE_NEED_RAW or SONDE_NEED_EXEC";

/// SONDE_NEED_* of a stage with these (checked) options.
uint32_t needs_of(const PluginEntry&, const Value& options);
/// Whether it can reach the network at all. A plugin whose descriptor names no such need counts as one that can.
bool reaches_network(const PluginEntry&, const Value& options);
/// The cost expression of that member (cost.hpp lists them), or null when it says nothing about it.
const Value* cost_expression(const PluginEntry&, const Value& options, std::string_view member);
/// That expression's amount; 0 when there is none.
uint64_t cost_of(const PluginEntry&, const Value& options, std::string_view member);
/// Most tasks of one call; 0: the host decides.
uint32_t batch_of(const PluginEntry&, const Value& options);

/// Checks the words at the schema's root against its properties and the descriptor's needs.
Result<void> check_demands(const Schema&, uint32_t needs);

}  // namespace sonde::core
