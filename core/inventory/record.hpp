// What is known of one host: facts as the stages stated them, and the record folded out of them.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"
#include "base/value.hpp"
#include "inventory/fields.hpp"

namespace sonde::core {

/// A typed scalar as the ABI has it. `text` holds TEXT, BYTES, JSON; `number` the rest bitwise; IP in `text` as 16
/// bytes.
struct Scalar {
  uint32_t type = 0;
  uint64_t number = 0;
  std::string text;
  static Scalar boolean(bool);
  static Scalar of(uint64_t);
  static Scalar of(int64_t);
  static Scalar of(double);
  static Scalar of(std::string);    ///< TEXT
  static Scalar json(std::string);  ///< JSON, valid
  bool as_bool() const { return number != 0; }
  int64_t as_i64() const { return static_cast<int64_t>(number); }
  double as_f64() const;
  friend bool operator==(const Scalar&, const Scalar&) = default;
};

inline constexpr uint8_t core_stage = 0xff;  ///< facts of the core itself (the given name, a source's facts)

/// One statement by one stage. `key` only for maps. At most 255 stages a run.
struct Fact {
  FieldId field = no_field;
  uint8_t stage = core_stage;
  std::string key;
  Scalar value;
  friend bool operator==(const Fact&, const Fact&) = default;
};

/// How a (target, stage) ended. Exactly one of these for every enabled stage of every target. Journals hold the
/// numbers: a new one stands last.
enum class Outcome : uint8_t {
  none,  ///< not yet
  positive,
  negative,
  no_answer,
  error,
  cancelled,
  skipped_when,           ///< its `when` was false
  skipped_no_neighbour,   ///< ARP asked in vain (limits.trust_arp)
  skipped_unavailable,    ///< the stage could not run on this machine (optional: true)
  skipped_shutdown,       ///< the run ended before its turn
  skipped_nothing_to_ask  ///< the plugin had no question for this target, and asked none
};
inline constexpr auto last_outcome = static_cast<uint8_t>(Outcome::skipped_nothing_to_ask);
inline constexpr std::size_t outcome_count = last_outcome + 1;
/// Of two runs' words about the same stage of a target: those of one that could ask before those of one that could not.
bool says_more(Outcome, Outcome than);
std::string_view to_string(Outcome);  ///< "positive", "no answer", "skipped: when", ...

/// How many targets of a stage ended how; by Outcome.
using OutcomeCounts = std::array<uint64_t, outcome_count>;
inline void add_counts(OutcomeCounts& to, const OutcomeCounts& more) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += more[i];
}

/// A host with all facts, in the order of the stages.
struct HostRecord {
  IpAddress ip{};
  std::vector<Fact> facts;
  std::vector<Outcome> outcomes;  ///< by stage
  friend bool operator==(const HostRecord&, const HostRecord&) = default;
};

/// What folding needs to know of the run.
struct FoldContext {
  const FieldTable* fields = nullptr;
  std::vector<std::string> stage_plugins;  ///< plugin id by stage
  std::vector<bool> stage_writes_alive;    ///< enabled, and declares "alive" as output
  std::vector<std::string> stage_names;    ///< for `evidence`; empty: the plugin ids stand for them
  bool with_evidence = true;               ///< it costs as much as the rest, and few outputs show it
};

struct FoldedItem {
  std::string key;  ///< maps
  Scalar value;
};
struct FoldedField {
  FieldId field = no_field;
  std::vector<FoldedItem> items;  ///< scalars: one; lists: sorted, distinct; maps: sorted by key (ports by number)
};
/// The record by the merge rules, fields in the order of the table, absent ones left out. Includes ip, alive (by the
/// rule of the design: true, false or absent), the given name as a hostname, and the detail fields that have facts.
/// Depends only on the set of facts, not on their order.
struct FoldedRecord {
  IpAddress ip{};
  std::vector<FoldedField> fields;
  const FoldedField* find(FieldId) const;
};
FoldedRecord fold(const HostRecord&, const FoldContext&);

/// Order of map keys: those that begin with a number by that number ("80" before "443", "22/tcp" before "161/udp").
bool key_less(std::string_view a, std::string_view b);

/// {"ip":..., "alive":..., ...} exactly as the design shows it. Own fields nest: "tls.subject" ->
/// {"tls":{"subject":..}}.
Value to_value(const FoldedRecord&, const FieldTable&, bool with_detail);

}  // namespace sonde::core
