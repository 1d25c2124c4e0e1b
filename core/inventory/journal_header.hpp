// What a journal says of its run before anything has happened: enough to resume the run, or to merge it without its
// plan.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "inventory/fields.hpp"
#include "targets/permutation.hpp"

namespace sonde::core {

/// A stage as those need it who fold the records without the plan.
struct JournalStage {
  std::string plugin, version;
  std::string unavailable;  ///< why it did not run on that machine, or empty
  bool enabled = true;
  bool writes_alive = false;  ///< its silence says that a host is not alive, see FoldContext
  bool adaptive = false;
  std::string asks{};  ///< its `when`, options and what else a plan hash covers of it, as JSON; empty: not told
};

/// Of all stages together, what `asks` may take in a journal: beyond, none is written, and what is there is not kept.
constexpr std::size_t longest_asks = 256u << 10;

/// The members behind `stages` are absent in journals of a sonde that could not merge: stage_details is empty then.
struct JournalHeader {
  std::string run_id, pipeline, plan_hash, started;  ///< started: RFC 3339 UTC
  uint64_t seed = 0, targets = 0;
  Slice slice{};                    ///< the part of the permutation that this run covers
  std::vector<std::string> scope;   ///< ranges
  std::vector<std::string> fields;  ///< names by FieldId, so that facts can be read back
  std::vector<std::string> stages;  ///< stage names by index
  uint32_t shard_index = 0, shard_count = 1;
  std::vector<std::string> exclusions;      ///< ranges
  std::vector<JournalStage> stage_details;  ///< by index
  std::vector<Field> own_fields;            ///< those behind the well-known ones, without merge rule
  std::vector<FieldId> filled;              ///< fields that the plan can fill: what exporters are told of
};

}  // namespace sonde::core
