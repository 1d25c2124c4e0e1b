// The lines of a journal, format 1: what the writer appends, and how files are cut into lines again. One JSON object a
// line, told apart by its first member:
//   {"sonde_journal":1, "run_id":..., ...}
//       header, always first; "stage_details" of it are [plugin, version, why unavailable, enabled, writes alive,
//       adaptive], "own_fields" [type, shape, detail, help], "shard" [index, count]
//   {"r":IP, "z":ZONE, "s":STAGE, "o":OUTCOME, "f":[FACT...], "w":WHY}
//       a result; FACT is [field, type, value, key, stage], its last two only when needed; value: number or text
//   {"d":POSITION, "h":IP, "z":ZONE, "o":[OUTCOME...]}
//       a host with a record is settled
//   {"p":[[start,count]...], "t":[[[OUTCOME,count]...]...]}
//       positions settled in silence; t, where there is one: how the stages of such positions ended, by stage
//   {"n":PACKETS}
//       sent so far, over all parts of a resumed run
//   {"end":true, "complete":..., "why":...}
//   {"crash":[plugin, stage, address in hex, zone]}
// Text that is not UTF-8 is {"x":"hex"}: what a host sent comes back byte for byte.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/journal.hpp"

namespace sonde::core::journal {

inline constexpr std::string_view header_begin = "{\"sonde_journal\":";
inline constexpr std::size_t longest_line = 64u << 20;
inline constexpr uint8_t last_outcome = static_cast<uint8_t>(Outcome::skipped_shutdown);

void append_header(std::string& out, const JournalHeader&);
/// Several lines when the facts are many: the outcome comes with the last, so that a torn one is not called done.
void append_result(std::string& out, const IpAddress&, uint8_t stage, Outcome, std::span<const Fact>,
                   std::string_view why);
void append_settled(std::string& out, uint64_t position, const IpAddress&, const std::vector<Outcome>&);
/// Nothing when both are empty.
void append_runs(std::string& out, const std::vector<Slice>&, const std::vector<OutcomeCounts>&);
void append_packets(std::string& out, uint64_t total);
void append_end(std::string& out, bool complete, std::string_view reason);

/// Whole lines of a descriptor, read in blocks. Empty lines are passed over; lines beyond longest_line too, counted.
class LineReader {
 public:
  explicit LineReader(int descriptor, std::size_t longest = longest_line)
      : descriptor_(descriptor), longest_(longest) {}
  /// False at the end. The view lives until the next call.
  bool next(std::string_view& line);
  uint64_t number() const { return number_; }    ///< of the line that next() gave, from 1; empty ones count
  uint64_t dropped() const { return dropped_; }  ///< too long, or torn at the end
  int error() const { return error_; }           ///< errno of a failed read

 private:
  bool fill();
  int descriptor_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0, scanned_ = 0;
  bool skipping_ = false;
  uint64_t dropped_ = 0, number_ = 0;
  int error_ = 0;
};

/// The header, checked. Failure: "journal-unreadable", with what is wrong.
Result<JournalHeader> parse_header(std::string_view line, const std::string& path);

/// A regular file, links not followed. Failure: "journal-unreadable".
Result<int> open_journal(const std::string& path, int flags);

}  // namespace sonde::core::journal
