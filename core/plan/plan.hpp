// The Plan: what `validate`, `plan` and `run` compile alike, and what the engine executes. Typed, bound, costed;
// whatever can be wrong with a pipeline on this machine has been said by the time there is one.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/pipeline_spec.hpp"
#include "inventory/fields.hpp"
#include "inventory/host_store.hpp"
#include "inventory/record.hpp"
#include "plan/when.hpp"
#include "plugins/registry.hpp"
#include "targets/permutation.hpp"
#include "targets/scope.hpp"

namespace sonde::core {

struct StagePlan {
  std::string name;
  const PluginEntry* plugin = nullptr;
  Value options;                     ///< checked, defaulted, in base units
  std::shared_ptr<const When> when;  ///< null: always
  std::string when_text;             ///< as written
  bool enabled = true, optional = false;
  int64_t deadline = 0;          ///< ns for one task, counted from start()
  std::vector<FieldId> inputs;   ///< by the plugin's input index; no_field: nobody writes it (it was optional)
  std::vector<FieldId> outputs;  ///< by the plugin's output index
  SourceSpan where;
};

/// Which hosts an exporter is given: its option "hosts".
enum class HostFilter : uint8_t { responding, known, all };

struct OutputPlan {
  std::string name;
  const PluginEntry* plugin = nullptr;
  Value options;  ///< "path" is absolute, or "-"
  HostFilter hosts = HostFilter::responding;
  bool detail = false;
  bool streaming = false;
  SourceSpan where;
};

/// Packets and time of a stage, see estimate.hpp.
struct StageEstimate {
  std::string stage;
  uint64_t packets_if_silent = 0;  ///< over all targets, when nothing answers
  uint64_t packets_if_alive = 0;   ///< when every target answers
};
struct Estimate {
  std::vector<StageEstimate> stages;
  uint64_t packets_if_silent = 0, packets_if_alive = 0;
  int64_t duration_if_silent = 0, duration_if_alive = 0;  ///< ns, at the limits (rate, windows, the waits themselves)
  std::string decided_by;  ///< which limit the longer of the two follows: "limits.packets_per_second (1000)"; or empty
};

struct Plan {
  std::string file, name, directory;
  TargetSet targets;
  HostStore source_facts;  ///< sorted; may hold addresses that are no targets
  Scope scope;
  Limits limits;
  Value limits_value;
  bool assume_up = false;
  uint64_t seed = 0;
  Slice slice{};  ///< of the permutation of targets; the whole, or --shard i/n
  uint32_t shard_index = 0, shard_count = 1;
  std::vector<StagePlan>
      stages;  ///< enabled and disabled ones (of those whose plugin is here); the engine runs the enabled
  std::vector<OutputPlan> outputs;
  std::string output_dir;  ///< absolute
  uint64_t journal_keep = 3;
  HistorySpec history;  ///< dir absolute
  FieldTable fields;
  Estimate estimate;
  std::string hash;  ///< hex SHA-256 over targets, exclusions, stages, options without secrets, versions, seed
  FoldContext fold_context() const;
};

/// What to compile for. `resolve_names` false (validate): names are checked for form only and count as one target, and
/// sources that would use the network or start programs are not asked.
struct CompileRequest {
  std::optional<uint64_t> seed;  ///< not given: random; 0 for a part, that all parts be of one order
  uint32_t shard_index = 0, shard_count = 1;
  std::string only;  ///< --only IP: this one of the targets
  bool resolve_names = true;
  /// All that sources state about their targets is kept, for a run. Otherwise only what a `when` may read is, which
  /// is all that the estimate looks at.
  bool keep_source_facts = true;
  /// The networks of this machine; not given: asked of the kernel.
  std::optional<std::vector<ConnectedPrefix>> connected;
};

/// Null when `out` has errors. Warnings may be there with a plan.
std::unique_ptr<Plan> compile(const PipelineSpec&, const Registry&, const CompileRequest&, Diagnostics& out);

}  // namespace sonde::core
