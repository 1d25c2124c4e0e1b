// What was asked for on the command line, as plain structs: one a command. The parser behind it stays in
// command_line.cpp and arguments/.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/pipeline_spec.hpp"
#include "inventory/delta.hpp"

namespace sonde::core::cli {

/// The pipeline file and what changes it: shared by run, plan and validate.
struct PipelineArguments {
  std::string file;
  Overrides overrides;
  std::optional<uint64_t> seed;
  uint32_t shard_index = 0, shard_count = 1;
  std::string only;
  std::vector<std::string> plugin_path;
};

enum class RunFormat : uint8_t { automatic, table, json, none };

struct RunArguments {
  PipelineArguments pipeline;
  std::string resume;
  std::string user;
  RunFormat format = RunFormat::automatic;
  int log_level = 3;
  bool quiet = false;
};
struct MergeArguments {
  std::vector<std::string> runs;  ///< output directories or journals
  PipelineArguments pipeline;     ///< of the outputs; `file` may be empty
  RunFormat format = RunFormat::automatic;
  bool quiet = false;
};
struct ValidateArguments {
  std::vector<std::string> files;
  PipelineArguments pipeline;  ///< `file` is each of `files` in turn
};
struct PlanArguments {
  PipelineArguments pipeline;
  bool json = false;
};
struct ListArguments {
  std::vector<std::string> plugin_path;
  bool json = false;
};
struct DescribeArguments {
  std::string plugin;
  std::vector<std::string> plugin_path;
  bool json = false;
};
struct SchemaArguments {
  enum class What : uint8_t { pipeline, record, run } what = What::pipeline;
  std::vector<std::string> plugin_path;
};
struct DiffArguments {
  std::string before, after;  ///< files or directories; without `after`, `before` is a directory with a history
  DeltaFormat format = DeltaFormat::text;
};
struct HistoryArguments {
  std::string where;
  bool json = false;
};
struct DoctorArguments {
  std::string file;
  std::vector<std::string> plugin_path;
};

/// A pipeline file out of ids.
struct CreateArguments {
  std::string what;  ///< "icmp,rdns/csv,json"
  std::string file;  ///< empty: standard output
  std::vector<std::string> plugin_path;
};
/// The project of a new plugin.
struct PluginNewArguments {
  std::string kind, name, language = "cpp";
  std::string directory;  ///< empty: the name
};

/// The conformance tests of a plugin.
struct PluginCheckArguments {
  std::string file;
  std::string only, kind;
  std::vector<std::pair<std::string, std::string>> sets;
  uint64_t seed = 1;
  uint32_t time_limit_s = 0;  ///< of one test; 0: the default
  bool json = false;
  bool list = false;  ///< only what is tested
};

using Command = std::variant<RunArguments, MergeArguments, ValidateArguments, PlanArguments, ListArguments,
                             DescribeArguments, SchemaArguments, DiffArguments, HistoryArguments, DoctorArguments,
                             CreateArguments, PluginNewArguments, PluginCheckArguments>;

/// The command, or the exit code after help, the version or a usage error has been printed.
std::variant<Command, int> parse_command_line(int argc, const char* const* argv);

}  // namespace sonde::core::cli
