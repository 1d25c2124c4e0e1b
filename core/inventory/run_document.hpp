// run.json: what a run was, what it covered, what not and why. Written beside the results and beside each history file.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/value.hpp"
#include "inventory/record.hpp"

namespace sonde::core {

struct StageCoverage {
  std::string name, plugin, version;
  OutcomeCounts by_outcome{};              ///< index: Outcome
  std::string unavailable;                 ///< why the stage did not run, or empty
  bool adaptive = false;                   ///< an earlier end of the wait was permitted
  uint64_t postponed = 0;                  ///< local faults that were asked again; of a resumed run, its last part's
  std::map<std::string, uint64_t> errors;  ///< reason -> attempts, those that another part repeated too
  // Of a resumed run, the last part's:
  uint64_t dropped_receive = 0;  ///< packets that our own sockets dropped for want of buffer (SK_MEMINFO_DROPS)
  uint64_t queue_full = 0;   ///< packets that found no room in a send queue of this machine (ENOBUFS), and left later
  uint64_t asked_again = 0;  ///< questions beyond the stage's own tries, because packets were being lost
  uint64_t in_doubt = 0;     ///< targets whose silence rests on fewer tries than the stage promises
  /// TCP ports that it asks of each host by itself, "22,80,8000-8010", or "" when it takes those that other stages
  /// found. Only of stages that state open ports: what is outside of all of theirs, nobody has looked at.
  std::optional<std::string> ports = {};
  /// Ranges of hosts that have a record and that its `when` left out; of a stage with `ports`, also those of which it
  /// had nothing to ask. Where they would be very many, a range may hold hosts that were asked too.
  std::vector<std::string> left_out = {};
  std::vector<std::string> fields = {};  ///< names of those that it may state, and of what is derived of them; sorted
  /// It asks servers that its options name, and never the target itself: no answer is a server's silence.
  bool asks_servers = false;
  /// Ranges of hosts that have a record and of which it knows nothing this time: it ended in an error, or the server
  /// that it asks gave no answer. Of a stage with `ports` such an error is in `partly_scanned`. As with `left_out`, a
  /// range may hold others too.
  std::vector<std::string> unknown = {};
};

struct RunDocument {
  std::string run_id, pipeline, plan_hash, sonde_version;
  uint64_t seed = 0;
  std::string started, ended;  ///< RFC 3339 UTC; of a resumed run: of its first and its last part
  bool complete = false;
  std::string why_incomplete;  ///< "interrupted", "run_timeout", ...
  std::vector<std::string> scope, exclusions;
  uint64_t targets = 0, settled = 0, responding = 0;
  uint64_t packets = 0;          ///< of all parts of a resumed run; a part that was killed may lack its last 5 s
  uint64_t dropped_receive = 0;  ///< of all stages
  uint64_t slowed_to =
      0;  ///< the lowest rate, packets a second, to which losses made the last part slow down; 0: none did
  std::vector<StageCoverage> stages;
  /// Targets that were not (fully) asked: range or "N targets", reason. What is no range leaves open which, and then a
  /// delta calls no host gone: a slice of --shard i/n belongs here, a `when` that was false does not.
  std::vector<std::pair<std::string, std::string>> not_covered;
  /// Ranges of hosts that have a record though some stage did not ask them to the end: the run ended, the stage failed,
  /// or it asks ports and ended in an error. What such a record lacks says nothing.
  std::vector<std::string> partly_scanned;
  std::vector<std::string> outputs;  ///< files written, relative to the output directory: what this document speaks of
  std::vector<std::string> merged_from;  ///< ids of the runs that this one was put together of; empty: it ran itself
  std::optional<Value> delta;            ///< against the run before; not in a document that was read from a file
};
/// Not complete, for one more reason.
void make_incomplete(RunDocument&, std::string_view why);
/// The key of an outcome in the document: "no_answer", "skipped_when" ...
std::string outcome_key(Outcome);
/// "seed" is text in the JSON: 64 bits do not survive every reader of JSON numbers.
Value to_value(const RunDocument&);
/// The stages alone, as in that value.
Value coverage_of(const RunDocument&);
/// The text of that value, as to_json() writes it, without a tree of the scope: that may be a million ranges.
std::string to_json(const RunDocument&, int indent = -1);
/// A file with one, of any size: ranges are read one by one, and the delta, which holds whole records, is passed over.
/// Ranges take `most_ranges` bytes at most, the rest is the size of one JSON text. Failures name the file:
/// "file-unreadable", "json-syntax", "run-document-invalid".
Result<RunDocument> read_run_document(const std::string& path, std::size_t most_ranges = std::size_t{1} << 30);
/// Hostile until checked; unknown members are ignored, absent counts are 0.
Result<RunDocument> run_document_from(const Value&);

}  // namespace sonde::core
