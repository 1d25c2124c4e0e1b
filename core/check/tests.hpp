// The tests of `sonde plugin check`, as a table: what each proves and what to do when it fails.
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "check/bench.hpp"
#include "check/verdict.hpp"

namespace sonde::core::check {

/// What a test is about: the library once, or each plugin of these kinds.
enum Applies : uint8_t { library = 0, async_probe = 1, blocking_probe = 2, exporter = 4, source = 8 };
inline constexpr uint8_t probes = async_probe | blocking_probe;
inline constexpr uint8_t every_kind = probes | exporter | source;

struct Test {
  std::string_view name;
  uint8_t applies;
  std::string_view needs;  ///< tests, with blanks between, that must not have failed; those of other kinds do not count
  std::string_view proves;
  std::string_view remedy;  ///< in the words of the C ABI, which every language has
  std::string_view cpp;     ///< the same with sonde/plugin.hpp; empty: no other
  Verdict (*run)(const Bench&);
  bool ends_by_exit = false;  ///< the child ends by exit() afterwards
};

/// All, each behind those that it needs.
std::span<const Test> all_tests();
/// A library does not tell which of both its author wrote against.
std::string in_both_languages(const Test&);
uint8_t kind_bit(const PluginEntry&);

// tests_library.cpp
Verdict load_now(const Bench&);
Verdict one_symbol(const Bench&);
Verdict own_symbols(const Bench&);
Verdict entry_pure(const Bench&);
Verdict load_time(const Bench&);
Verdict descriptor_valid(const Bench&);
Verdict fields_valid(const Bench&);
Verdict schema_valid(const Bench&);
Verdict schema_help(const Bench&);
Verdict tables_complete(const Bench&);
Verdict task_time(const Bench&);
// tests_instance.cpp
Verdict create(const Bench&);
Verdict create_refused(const Bench&);
Verdict create_destroy(const Bench&);
Verdict option_values(const Bench&);
Verdict exit_clean(const Bench&);
Verdict process_manners(const Bench&);
// tests_rules.cpp
Verdict done_once(const Bench&);
Verdict partial_start(const Bench&);
Verdict stale_task(const Bench&);
Verdict thread_tags(const Bench&);
Verdict record_types(const Bench&);
Verdict host_calls(const Bench&);
Verdict own_sockets(const Bench&);
Verdict paced(const Bench&);
Verdict no_block(const Bench&);
// tests_probe.cpp
Verdict answers(const Bench&);
Verdict batch_invariant(const Bench&);
Verdict many_instances(const Bench&);
Verdict determinism(const Bench&);
Verdict unknown_future(const Bench&);
Verdict deadline(const Bench&);
Verdict cancel_anywhere(const Bench&);
Verdict cancel_storm(const Bench&);
Verdict task_memory(const Bench&);
Verdict denied(const Bench&);
Verdict alive(const Bench&);
Verdict dial_again(const Bench&);

// tests_loss.cpp
Verdict reported_loss(const Bench&);

// tests_peers.cpp
Verdict peer_silent(const Bench&);
Verdict peer_refuse(const Bench&);
Verdict peer_reset(const Bench&);
Verdict peer_close(const Bench&);
Verdict peer_drip(const Bench&);
Verdict peer_flood(const Bench&);
Verdict peer_garbage(const Bench&);
// tests_export.cpp
Verdict export_records(const Bench&);
Verdict export_values(const Bench&);
Verdict export_abort(const Bench&);
Verdict export_full(const Bench&);
Verdict export_kill(const Bench&);
Verdict export_batches(const Bench&);
Verdict source_pull(const Bench&);
Verdict source_batches(const Bench&);

/// Everything that a plugin of its kind goes through, shortly: what the tests of rules look at.
void work_out(
    const Bench&, const Subject&, Notes&, const std::function<void()>& midway = [] {});

}  // namespace sonde::core::check
