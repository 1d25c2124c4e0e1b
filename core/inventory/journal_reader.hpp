// What a journal says, read back: of a run that is to go on, or to be merged.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "inventory/host_store.hpp"
#include "inventory/journal_header.hpp"
#include "inventory/settled_set.hpp"

namespace sonde::core {

struct JournalContent {
  JournalHeader header;
  SettledSet settled;
  SettledSet silent;                 ///< of `settled`: those without a record
  HostStore hosts;                   ///< settled and unsettled ones; sorted
  std::vector<IpAddress> unsettled;  ///< of `hosts`: those whose stages are not all done, or in vain, by address
  struct Crash {
    std::string plugin, stage;
    IpAddress target;
  };
  std::vector<OutcomeCounts> silent_outcomes;  ///< by stage: how the positions ended that settled in silence
  struct Failure {
    std::string why;     ///< as the first part said in which it failed; empty: its line is lost
    SettledSet unasked;  ///< positions that it left without an answer and that nothing has settled since
  };
  std::map<uint8_t, Failure> failures;  ///< by stage: those that left anybody unasked who still is
  uint64_t packets = 0;                 ///< of all parts so far
  std::vector<Crash> crashes;           ///< written by the crash handler
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

}  // namespace sonde::core
