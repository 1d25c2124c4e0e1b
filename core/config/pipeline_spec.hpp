// A pipeline file as written: interpolated, checked for shape, every part with its place. Nothing is looked up yet:
// that is the work of plan/.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "config/text_place.hpp"

namespace sonde::core {

/// Budgets of a run. 0 stands for "unlimited" where that is allowed.
struct Limits {
  uint64_t packets_per_second = 1000;  ///< packets that the scanner starts: echo, ARP, SYN, UDP query. 0: unlimited
  uint64_t hosts_in_flight = 65536;    ///< 1 .. 2^24; the memory limit
  uint64_t connections_per_host = 2;   ///< open connections to one target over all stages. 0: unlimited
  uint64_t workers = 64;               ///< threads for blocking probes, 1 .. 1024
  uint64_t shards = 0;                 ///< event loops; 0: one a core
  uint64_t max_targets = 1u << 24;     ///< more are refused
  int64_t run_timeout = 0;             ///< ns; 0: none
  bool back_off = true;                ///< slow down while packets are being lost, see engine/congestion.hpp
  bool trust_arp = true;               ///< a target that ARP asked in vain is skipped by later stages
};

struct StageSpec {
  std::string use;   ///< plugin id
  std::string name;  ///< the stage's id; `use` when not given
  std::string when;  ///< expression, empty: always
  bool enabled = true;
  bool optional = false;
  std::optional<int64_t> deadline;  ///< ns for one task; not given: descriptor's timeout plus the estimated wait
  Value options;                    ///< object, or null
  SourceSpan where, use_where, name_where;
  TextPlace when_where;
};

struct OutputSpec {
  std::string use, name;
  bool enabled = true;
  Value options;
  SourceSpan where, use_where;
};

struct TargetEntry {
  std::string text;  ///< address, CIDR, range, name, @file; or empty when a source is used
  std::string use;   ///< a source plugin
  Value options;
  SourceSpan where;
  bool skip_outside = false;  ///< of a source: what may not be scanned is left out, instead of refused
};

struct HistorySpec {
  std::string dir;           ///< empty: no history
  uint64_t keep_count = 90;  ///< 0: by age
  int64_t keep_age = 0;      ///< ns; 0: by count
};

struct PipelineSpec {
  std::string file;       ///< as named on the command line
  std::string directory;  ///< of the file: base of @file and option paths
  std::string name;
  std::vector<TargetEntry> targets;
  std::vector<TargetEntry> exclude;
  bool allow_public = false, allow_print_ports = false, assume_up = false;
  Limits limits;
  Value limits_value;  ///< as checked, with origins, for `plan`
  std::vector<StageSpec> stages;
  std::vector<OutputSpec> outputs;
  std::string output_dir = "out";
  uint64_t journal_keep = 3;
  HistorySpec history;
};

/// What the command line adds.
struct Overrides {
  std::vector<std::string> targets;                       ///< --target: replaces the file's
  bool skip_outside = false;                              ///< --skip-outside: for all sources
  std::vector<std::pair<std::string, std::string>> sets;  ///< --set stage.option=value, limits.key=value
  std::string output_dir;                                 ///< --output
  std::string env_file;                                   ///< --env-file
  bool no_env_file = false;
  bool allow_unset_env = false;  ///< `validate --allow-unset-env`: ${VAR} without default is empty
};

/// Reads, parses, interpolates and checks the shape of a pipeline file against pipeline_schema(). Every problem goes to
/// `out`; the result is what could be understood. Options of plugins are left for plan/ to check; --set of stages is
/// merged into them with Origin::command_line. `file` of the result is empty when the file could not be read, is not
/// YAML or of another version: what to compile is then unknown, and only the one error is worth telling.
PipelineSpec load_pipeline(const std::string& path, const Overrides&, Diagnostics& out);
/// The same from memory, for tests and fuzzing. `environment` replaces the process's.
PipelineSpec load_pipeline_text(std::string_view yaml, const std::string& file, const Overrides&,
                                const std::map<std::string, std::string>& environment, Diagnostics& out);

/// JSON Schema (draft 07) of the pipeline file without the plugins' options (plan/ merges those in), as text.
std::string_view pipeline_schema();

}  // namespace sonde::core
