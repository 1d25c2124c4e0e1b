// The thread of run(): takes what the shards deliver, writes the journal, keeps the records, tells progress, and ends
// the run on a signal or when its time is up.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "engine/run.hpp"
#include "engine/run_log.hpp"
#include "engine/run_shared.hpp"
#include "inventory/journal_writer.hpp"

namespace sonde::core {

class Shard;

class Coordinator {
 public:
  /// on_settled: told of every host that has a record, those of a resumed journal included.
  Coordinator(RunShared& shared, const RunRequest& request, JournalWriter* journal,
              std::function<void(const HostRecord&)> on_settled);
  /// Keeps hosts of a resumed journal that need not be asked again, and what is known of the others. It must outlive
  /// supervise().
  void preload(const JournalContent&);
  /// Until all shards have finished.
  void supervise(const std::vector<std::unique_ptr<Shard>>& shards, int64_t started);

  HostStore take_hosts();  ///< sorted
  const std::vector<Diagnostic>& problems() const { return problems_; }
  const std::vector<std::map<std::string, uint64_t>>& errors() const { return errors_; }
  /// Outcomes of hosts that a resumed journal brought.
  const std::vector<StageCounters>& earlier() const { return earlier_; }
  /// By stage, why: those that failed now, and those that failed in an earlier part and left anybody unasked who still
  /// is.
  std::map<uint8_t, std::string> failed_stages() const;
  /// Hosts that went through all stages, but are to be asked again: failed stages left them without an answer.
  uint64_t unasked() const { return unasked_; }
  bool journal_trouble() const { return journal_trouble_; }
  int signal() const { return signal_; }
  bool timed_out() const { return timed_out_; }
  uint64_t settled() const { return settled_; }
  uint64_t responding() const { return responding_; }
  uint64_t packets() const;  ///< over all parts of a resumed run
  /// Log lines to on_log; a warning that was told before is not told again.
  void tell(const Batch::Log&);

 private:
  void handle(Batch&&, const std::vector<std::unique_ptr<Shard>>& shards);
  void recall(HostRecord&);
  void keep_half_done();
  void settled_now(const Slice&);
  void count_error(uint8_t stage, const std::string& why, uint64_t n);
  void write_journal(Batch&);
  void tell_progress(int64_t started, bool last);
  void check_end(const std::vector<std::unique_ptr<Shard>>& shards, int64_t started);
  void journal_failed(const Diagnostic&);
  void watch_memory();

  RunShared& shared_;
  const RunRequest& request_;
  JournalWriter* journal_;
  std::function<void(const HostRecord&)> on_settled_;
  RunLog log_;
  HostStore hosts_;
  const JournalContent* before_ = nullptr;
  std::vector<bool> recalled_;  ///< of its unsettled hosts: those that have a record of this part as well
  std::vector<Diagnostic> problems_;
  std::vector<std::map<std::string, uint64_t>> errors_;  ///< by stage: reason -> count
  std::vector<StageCounters> earlier_;
  std::map<uint8_t, std::string> failed_stages_;  ///< now
  std::set<uint8_t> left_some_;                   ///< of those: who left a host without an answer
  std::map<uint8_t, uint64_t> left_before_;       ///< by stage that failed in an earlier part: who is still unasked
  std::set<std::string> told_;                    ///< warnings
  uint64_t settled_ = 0, responding_ = 0, unasked_ = 0;
  uint64_t packets_before_ = 0, settled_before_ = 0, responding_before_ = 0;  ///< in earlier parts of a resumed run
  int signal_ = 0;
  bool stopping_ = false, timed_out_ = false, journal_trouble_ = false, memory_told_ = false;
  int64_t last_durable_ = 0, last_progress_ = 0, last_refresh_ = 0;
};

}  // namespace sonde::core
