// Executes a Plan: shards, budgets, workers, journal, exporters. The one entry of the engine room.
#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inventory/journal_reader.hpp"
#include "inventory/merge.hpp"
#include "inventory/run_document.hpp"
#include "plan/plan.hpp"

namespace sonde::core {

/// A snapshot for progress lines, at most ten times a second, on the thread of run().
struct Progress {
  struct Stage {
    std::string name;
    uint64_t done = 0, found = 0, in_flight = 0, waiting = 0;
  };
  std::vector<Stage> stages;
  uint64_t targets = 0, settled = 0;
  uint64_t settled_before = 0;  ///< in earlier parts of a resumed run
  uint64_t responding = 0;      ///< hosts that were heard of, settled or not
  uint64_t packets = 0;         ///< of this part
  int64_t elapsed = 0;          ///< ns, of this part
};

/// What is settled when nothing can refuse the run any more, before its first packet.
struct RunStart {
  std::string journal;                   ///< path; empty: none is written
  std::vector<std::string> unavailable;  ///< by stage: why this machine does without it (optional: true), or empty
  std::vector<Diagnostic> skipped;       ///< the same as warnings, for people: nothing else tells them of it
};

struct RunRequest {
  std::string run_id;
  const JournalContent* resume = nullptr;  ///< of a journal with the same plan hash
  std::string journal_path;                ///< to append to when resuming; empty: a new one in output_dir/journal
  bool write_journal = true;
  int log_level = 3;                              ///< SONDE_LOG_*: what on_log and on_note are told
  std::string user;                               ///< --user; empty: SUDO_UID when root
  std::function<void(const RunStart&)> on_start;  ///< once, on the thread of run()
  std::function<void(const Progress&)> on_progress;
  std::function<void(const HostRecord&)> on_host;  ///< each responding host once settled, on the thread of run()
  std::function<void(int level, const std::string&)> on_log;   ///< what plugins say
  std::function<void(int level, const std::string&)> on_note;  ///< what sonde itself does, from SONDE_LOG_DEBUG on
  const std::atomic<int>* stop_signal = nullptr;  ///< set to the signal's number to end the run with its results
};

struct RunResult {
  RunDocument document;
  HostStore hosts;                   ///< known hosts (all, when an output wants all); sorted
  std::vector<Diagnostic> problems;  ///< stage failures, outputs that failed
  std::vector<std::string> written;  ///< files
  bool unpublished = false;          ///< something that should be written is missing or short: --resume writes it again
  bool had_errors = false;           ///< a task in error, a stage or output failed, run_timeout
  int signal = 0;
  std::string journal;
};

/// Blocking. Diagnostics, all there are, when nothing could be started (permission, output, plugin): no packet was sent
/// then and no output file touched.
tl::expected<RunResult, std::vector<Diagnostic>> run(const Plan&, const RunRequest&);

/// Writes the records and the document of runs that ended earlier to the outputs, the history and the directory of a
/// plan out of compile_outputs_alone(). A Diagnostic when a place cannot be written: nothing was written then.
Result<RunResult> publish(const Plan& outputs, MergedRuns, const std::string& run_id);

/// What would keep each stage and output from starting here; nothing where it can. Disabled stages are not tried.
struct Trial {
  std::vector<std::optional<Diagnostic>> stages, outputs;
  /// By stage: that reason in short, as the run document tells it of an optional one; or empty.
  std::vector<std::string> unavailable;
  /// What is wrong with the pipeline file, whatever the machine allows.
  std::vector<Diagnostic> mistakes() const;
};
/// Makes one instance of each by the same steps as a run, which opens sockets and files, and undoes it; nothing is sent
/// or written.
Trial try_plan(const Plan&);

}  // namespace sonde::core
