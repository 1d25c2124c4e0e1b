// A directory of dated snapshots, one file a run, never overwritten, each with its run document.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/delta.hpp"

namespace sonde::core {

struct HistoryEntry {
  std::string path, run_path;  ///< YYYY-MM-DD.json and YYYY-MM-DD.run.json (empty: there is none)
  std::string when;            ///< "2026-11-22", "2026-11-22T031500Z" or "2026-11-22T031500Z-2"
};
/// The name of a file that a history has or may come to have: an entry or its run document.
bool is_history_file(std::string_view name);
/// Oldest first; none when the directory is not there. Files of other names are left alone.
Result<std::vector<HistoryEntry>> list_history(const std::string& directory);
/// What a run that comes behind these is compared with: the newest complete one that had nine in ten of its targets;
/// without one, the complete one that had most of them; without one, the newest; none of none. A run that ended early
/// did not find what it did not come to, and one of a single host (--only, --target) knows nothing of the others.
/// Entries of the run itself are passed over: the parts of a run that was resumed are not what it is compared with.
/// Without a document of `next`, its targets are taken to be those of the newest.
/// `document_of`: of an entry's path, for those who know documents already; null where there is none.
using SharedDocument = std::shared_ptr<const RunDocument>;
using DocumentOf = std::function<Result<SharedDocument>(const std::string& path)>;
Result<SharedDocument> shared_document_of(const std::string& inventory);
std::optional<HistoryEntry> baseline_of(const std::vector<HistoryEntry>&, const std::optional<RunDocument>& next = {},
                                        const DocumentOf& document_of = shared_document_of);
/// Calls its argument for each record, by address. A failure: some could not be read.
using EachRecord = std::function<Result<void>(const std::function<void(const Value&)>&)>;
/// Writes records (a JSON array) and run document as YYYY-MM-DD.json in UTC; while there is an entry of that day, as
/// YYYY-MM-DDTHHMMSSZ.json. A second run of one second gets -2, and so on. Nothing is left of an entry that failed;
/// that of `records` is passed on.
Result<HistoryEntry> add_to_history(const std::string& directory, const EachRecord& records, const RunDocument&,
                                    std::chrono::system_clock::time_point now);
/// Removes the oldest beyond keep_count, or those older than keep_age ns (0: no bound); never `added`, nor what a run
/// of its targets is compared with; nor, for keep_count, the newest complete run of the most targets, which runs of
/// single hosts do not push out. Earlier parts of the run of `added` count as the oldest. Fails when the directory
/// cannot be read, or an entry not be removed (the others are then).
Result<void> prune_history(const std::string& directory, const HistoryEntry& added,
                           std::chrono::system_clock::time_point now, uint64_t keep_count, int64_t keep_age);

}  // namespace sonde::core
