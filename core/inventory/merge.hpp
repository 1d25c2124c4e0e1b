// Runs of one plan that were made apart (--shard i/n, one after the other or on several machines) as one run: records,
// coverage and counts.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "inventory/journal_reader.hpp"
#include "inventory/run_document.hpp"

namespace sonde::core {

/// What a run left behind. The journal says who found what; run.json adds what only the end of the run knows.
struct RunRemains {
  std::string journal;  ///< its path
  JournalContent content;
  std::optional<RunDocument> document;  ///< run.json of this very run; a run that was killed has none
};
/// `where`: the output directory of a run (its newest journal), or a journal. Hostile until checked. `facts`:
/// where its records go; several runs may share it, and with it a file. Failures: "journal-unreadable",
/// "journal-in-use", "run-document-invalid", "temporary-file".
Result<RunRemains> read_run(const std::string& where, std::shared_ptr<Spool> facts = std::make_shared<Spool>());

/// What outputs of merged runs can show.
struct MergedFields {
  FieldTable fields;
  std::vector<FieldId> filled;  ///< those that the plan can fill
};
/// Of runs of one plan. Failures: "bad-argument" without any, "merge-mismatch", "journal-unreadable".
Result<MergedFields> merged_fields(const std::vector<RunRemains>& runs);

struct MergedRuns {
  FieldTable fields;
  std::vector<FieldId> filled;       ///< fields that the plan can fill
  HostStore hosts;                   ///< sorted
  RunDocument document;              ///< of the whole plan; without run_id, outputs and delta
  std::vector<Diagnostic> notes;     ///< warnings
  FoldContext fold_context() const;  ///< points to `fields`

  std::vector<std::string> stage_names;
  std::vector<JournalStage> stages;
};
/// The result depends on the set of runs alone, not on their order. A slice that several have done counts once: their
/// facts are united, of two outcomes of one stage the one that says more counts. Facts of hosts that a run left half
/// done are united as well, their outcomes are those of the runs that settled them; one that was silent in another run
/// keeps what is known of it, as far as that is worth a record (say_something(); `with_detail`: an output shows
/// details), and counts there. Where runs overlap in part, how the silent ones of the overlap ended is counted in
/// proportion. Failures: those of merged_fields(), "temporary-file".
Result<MergedRuns> merge_runs(std::vector<RunRemains> runs, bool with_detail = false);

}  // namespace sonde::core
