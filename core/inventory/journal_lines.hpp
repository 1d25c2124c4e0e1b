// The lines of a journal, formats 1 and 2: what the writer appends, and how files are cut into lines again. One JSON
// object a line, told apart by its first member:
//   {"sonde_journal":1, "run_id":..., ...}
//       header, always first; "stage_details" of it are [plugin, version, why unavailable, enabled, writes alive,
//       adaptive], "own_fields" [type, shape, detail, help], "shard" [index, count]. Ranges that are too many for a
//       line follow in "more" lines {"scope":[...]} or {"exclusions":[...]}, right behind it; that is format 2, so
//       that a sonde that does not know of them refuses it
//   {"r":IP, "z":ZONE, "s":STAGE, "o":OUTCOME, "f":[FACT...], "w":WHY}
//       a result; FACT is [field, type, value, key, stage], its last two only when needed; value: number or text
//   {"d":POSITION, "h":IP, "z":ZONE, "o":[OUTCOME...]}
//       a host with a record is settled
//   {"p":[[start,count]...], "t":[[[OUTCOME,count]...]...]}
//       positions settled in silence; t, where there is one: how the stages of such positions ended, by stage
//   {"fail":STAGE, "w":WHY}
//       a stage has failed
//   {"u":POSITION, "h":IP, "z":ZONE, "o":[OUTCOME...], "s":[STAGE...]}
//       a host that went through all stages, and that these failed stages left without an answer: it is not settled, so
//       that a resumed run asks it again, which then settles it like any other. A sonde that does not know of such
//       lines takes them for damage, and the host for one that was not reached
//   {"n":PACKETS}
//       sent so far, over all parts of a resumed run
//   {"end":true, "complete":..., "why":...}
//   {"crash":[plugin, stage, address in hex, zone]}
// Text that is not UTF-8 is {"x":"hex"}: what a host sent comes back byte for byte.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/journal_header.hpp"
#include "inventory/record.hpp"

namespace sonde::core::journal {

inline constexpr std::string_view header_begin = "{\"sonde_journal\":";
inline constexpr std::size_t longest_line = 64u << 20;

void append_header(std::string& out, const JournalHeader&);
/// Several lines when the facts are many: the outcome comes with the last, so that a torn one is not called done.
void append_result(std::string& out, const IpAddress&, uint8_t stage, Outcome, std::span<const Fact>,
                   std::string_view why);
void append_settled(std::string& out, uint64_t position, const IpAddress&, const std::vector<Outcome>&);
void append_failure(std::string& out, uint8_t stage, std::string_view why);
void append_unasked(std::string& out, uint64_t position, const IpAddress&, const std::vector<Outcome>&,
                    std::span<const uint8_t> stages);
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
  uint64_t number() const { return number_; }             ///< of the line that next() gave, from 1; empty ones count
  uint64_t dropped() const { return too_long_ + torn_; }  ///< too long, or torn at the end
  uint64_t too_long() const { return too_long_; }         ///< whole lines, which no run leaves behind
  uint64_t first_too_long() const { return first_too_long_; }  ///< number of the first of them
  int error() const { return error_; }                         ///< errno of a failed read

 private:
  bool fill();
  int descriptor_;
  std::size_t longest_;
  std::string buffer_;
  std::size_t begin_ = 0, scanned_ = 0;
  bool skipping_ = false;
  uint64_t too_long_ = 0, first_too_long_ = 0, torn_ = 0, number_ = 0;
  int error_ = 0;
};

/// The header as far as it is in the first line, checked, and how many lines of ranges follow. Failure:
/// "journal-unreadable" says what is wrong.
Result<JournalHeader> parse_header(std::string_view line, const std::string& path, uint64_t* more = nullptr);
/// The same with all its lines.
Result<JournalHeader> read_header(LineReader&, const std::string& path);
/// Behind the last newline of so many bytes, or 0; nothing, with errno, when they cannot be read.
std::optional<off_t> end_of_last_line(int descriptor, off_t size);

/// A regular file, links not followed. Failure: "journal-unreadable".
Result<int> open_journal(const std::string& path, int flags);

}  // namespace sonde::core::journal
