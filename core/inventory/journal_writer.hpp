// What happened, on disk while it happens: enough to lose nothing that was learned and to go on after a kill -9.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "inventory/journal_header.hpp"
#include "inventory/record.hpp"
#include "targets/permutation.hpp"

namespace sonde::core {

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
  /// A stage has failed, and leaves targets without an answer from now on.
  void stage_failed(uint8_t stage, std::string_view why);
  /// The host at this position went through all stages, of which these have failed and left it without an answer: a
  /// resumed run is to ask it again.
  void unasked(uint64_t position, const IpAddress&, const std::vector<Outcome>&, std::span<const uint8_t> stages);
  /// Positions settled without anything to remember (silence).
  void settled(Slice run);
  /// How the stages of such positions ended, by stage; after the positions themselves.
  void silent_outcomes(std::span<const OutcomeCounts>);
  /// Packets of the run so far, those of earlier parts included.
  void packets(uint64_t total);
  /// The last line. A run that did not complete ("interrupted", "stage failed") can be resumed.
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

}  // namespace sonde::core
