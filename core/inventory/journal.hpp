// What happened, on disk while it happens: enough to lose nothing that was learned and to go on after a kill -9.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inventory/host_store.hpp"
#include "inventory/record.hpp"
#include "targets/permutation.hpp"

namespace sonde::core {

/// A stage as those need it who fold the records without the plan.
struct JournalStage {
  std::string plugin, version;
  std::string unavailable;  ///< why it did not run on that machine, or empty
  bool enabled = true;
  bool writes_alive = false;  ///< its silence says that a host is not alive, see FoldContext
  bool adaptive = false;
};

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

/// Positions of the permutation that are settled: what a resumed run need not do again.
class SettledSet {
 public:
  void add(uint64_t position);
  void add(Slice run);
  void add_all(std::vector<Slice> runs);  ///< in any order, overlapping or not; sorts once
  bool contains(uint64_t position) const;
  uint64_t size() const;
  /// Sorted, disjoint, merged.
  const std::vector<Slice>& runs() const { return runs_; }

 private:
  std::vector<Slice> runs_;
};
/// Positions of `whole` that are not in `part`.
SettledSet without(const SettledSet& whole, const SettledSet& part);

/// Appends JSON lines. Every call may buffer; sync() writes and, when `durable`, fsyncs. One thread. The file is locked
/// (flock) while the writer lives, so that two runs never write one journal. After a failed write what is buffered is
/// kept for the next try up to a bound; beyond it the journal ends there for good: nothing is called settled whose
/// facts were lost, and each sync() says so.
class JournalWriter {
 public:
  /// The file must not exist; its directory is made. Mode 0600.
  static Result<std::unique_ptr<JournalWriter>> create(const std::string& path, const JournalHeader&);
  /// Goes on in an existing journal, behind its last whole line.
  static Result<std::unique_ptr<JournalWriter>> append_to(const std::string& path);
  ~JournalWriter();
  /// A result with its facts: positive, negative and error; silence is not written.
  void result(const IpAddress&, uint8_t stage, Outcome, std::span<const Fact> facts, std::string_view why);
  /// The host at this position is settled, with its outcomes when it has a record.
  void settled(uint64_t position, const IpAddress&, const std::vector<Outcome>* outcomes);
  /// Positions settled without anything to remember (silence).
  void settled(Slice run);
  /// How the stages of such positions ended, by stage; after the positions themselves.
  void silent_outcomes(std::span<const OutcomeCounts>);
  /// Packets of the run so far, those of earlier parts included.
  void packets(uint64_t total);
  /// The last line. A run that did not complete ("interrupted", "run_timeout") can be resumed.
  void finished(bool complete, std::string_view reason);
  Result<void> sync(bool durable);
  const std::string& path() const;
  int descriptor() const;  ///< for write_crash_line()

 private:
  struct Impl;
  explicit JournalWriter(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

/// For a crash handler, async-signal-safe: which plugin had which target in hand. `ip` is IpAddress::bytes().
void write_crash_line(int descriptor, const char* plugin, const char* stage, const uint8_t ip[16], uint32_t zone);

struct JournalContent {
  JournalHeader header;
  SettledSet settled;
  SettledSet silent;                 ///< of `settled`: those without a record
  HostStore hosts;                   ///< settled and unsettled ones; sorted
  std::vector<IpAddress> unsettled;  ///< of `hosts`: those whose stages are not all done, by address
  struct Crash {
    std::string plugin, stage;
    IpAddress target;
  };
  std::vector<OutcomeCounts> silent_outcomes;  ///< by stage: how the positions ended that settled in silence
  uint64_t packets = 0;                        ///< of all parts so far
  std::vector<Crash> crashes;                  ///< written by the crash handler
  std::map<std::pair<uint8_t, std::string>, uint64_t> errors;  ///< (stage, general_reason()) -> error results, repeated
                                                               ///< ones too
  bool finished = false;       ///< the run completed; one that was interrupted can be resumed
  std::string reason;          ///< why an ended run is not complete
  uint64_t dropped_lines = 0;  ///< torn or unreadable
  uint64_t damaged_lines = 0;  ///< of those: whole ones, which no run leaves behind
  uint64_t first_damaged = 0;  ///< line of the file, from 1
};
/// Hostile until checked: every line is bounded and validated, a torn last line is dropped. Of the records, those of
/// hosts that are not settled yet are in memory while it is read; the others go to `facts`. Failures:
/// "journal-unreadable", "temporary-file".
Result<JournalContent> read_journal(const std::string& path, std::shared_ptr<Spool> facts = std::make_shared<Spool>());
/// The newest unfinished journal of a directory (or of its "journal" folder), or an error. A file is taken as it is.
Result<std::string> newest_unfinished(const std::string& path);
/// The newest journal of a directory (or of its "journal" folder), complete or not; a file is taken as it is. Refused
/// while a run is writing it ("journal-in-use").
Result<std::string> newest_journal(const std::string& path);
/// Removes all but the newest `keep` journals. Files that are no journals, or in use by a run, are left alone.
void prune_journals(const std::string& directory, uint64_t keep);

}  // namespace sonde::core
