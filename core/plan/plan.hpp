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
  bool sound = true;             ///< no error in its options and outputs; in a plan for a run, all are
  int64_t deadline = 0;          ///< ns for one task, counted from start()
  std::vector<FieldId> inputs;   ///< by the plugin's input index; no_field: nobody writes it (it was optional)
  std::vector<FieldId> outputs;  ///< by the plugin's output index
  SourceSpan where;
};

/// The ports that options of the format `ports` name.
struct PortOptions {
  std::vector<uint16_t> ports;  ///< of those that are asked with these options, sorted, distinct
  bool by_word = false;         ///< one of them is a word instead, such as "found"
};
PortOptions port_options(const StagePlan&);

/// "stage 'two' (tcp-banner)", "output 'json'": who speaks, in messages. The plugin is told when its name is another.
std::string speaker(std::string_view kind, std::string_view name, const PluginEntry&);

/// Which hosts an exporter is given: its option "hosts".
enum class HostFilter : uint8_t { responding, known, all };

/// A name in the option "columns": a field, or a part of one ("snmp.sysName" of "snmp", "os.name" of "os").
struct ColumnPlan {
  std::string name;
  FieldId field = no_field;
  std::string part;  ///< key of a map, member of a JSON object; empty: the whole field
};

struct OutputPlan {
  std::string name;
  const PluginEntry* plugin = nullptr;
  Value options;                    ///< "path" is absolute, or "-"
  std::vector<ColumnPlan> columns;  ///< in the order of the option; empty: not given
  HostFilter hosts = HostFilter::responding;
  bool detail = false;
  bool streaming = false;
  SourceSpan where;
};

/// Packets and time of a stage, see estimate.hpp.
struct StageEstimate {
  std::string stage;
  uint64_t packets_if_silent = 0;  ///< over all targets, when nothing answers
  uint64_t packets_if_alive = 0;   ///< when every target answers at once
  uint64_t packets_at_most = 0;    ///< whatever answers, while no packet is lost; see Estimate::not_contained
  /// What waiting alone takes, without the rate: `hosts` of the stage's targets, so many at once, each so long.
  struct Waits {
    int64_t each = 0;  ///< ns of one host, or of one batch where `batch` is not 0
    uint64_t hosts = 0, at_once = 0;
    uint64_t batch = 0;  ///< hosts that one call waits for; 0: one, or all of them wait side by side
    bool cut = false;    ///< a batch would take longer than the stage's deadline, which ends it
    int64_t total = 0;   ///< ns; 0: nobody waits
  } if_silent, if_alive;
};
struct Estimate {
  std::vector<StageEstimate> stages;
  uint64_t packets_if_silent = 0, packets_if_alive = 0, packets_at_most = 0;
  std::vector<std::string> not_contained;  ///< in packets_at_most: names of stages whose answers may lead to more
  bool sampled = false;                    ///< counted for a sample of the targets: all numbers are about so
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
  /// By stage: what keeps it from starting on this machine, or empty. Known where the stages were tried, else none.
  std::vector<std::string> unavailable;
  Estimate estimate;
  /// Hex SHA-256 over targets, exclusions, stages, options without secrets, versions: which questions are asked of
  /// whom.
  std::string id;
  std::string hash;  ///< the same with the seed, and so the order: what a journal must agree with
  FoldContext fold_context() const;
  std::vector<FieldId> filled_fields() const;  ///< those that a run of it can fill, sorted
  bool shows_detail() const;                   ///< an output shows detail fields: they alone make a record then
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
  /// A plan also when there are errors, for try_plan() alone: what has errors of its own is switched off in it.
  bool keep_sound_parts = false;
  /// The networks of this machine; not given: asked of the kernel.
  std::optional<std::vector<ConnectedPrefix>> connected;
};

/// Null when `out` has errors, unless `keep_sound_parts`. Warnings may be there with a plan.
std::unique_ptr<Plan> compile(const PipelineSpec&, const Registry&, const CompileRequest&, Diagnostics& out);

/// Only the outputs, the history and the output directory of a file, for records that exist already: `fields` are
/// theirs, of which `filled` may have values. Neither targets nor stages are looked at. Null when `out` has errors.
std::unique_ptr<Plan> compile_outputs_alone(const PipelineSpec&, const Registry&, FieldTable fields,
                                            const std::vector<FieldId>& filled, Diagnostics& out);

}  // namespace sonde::core
