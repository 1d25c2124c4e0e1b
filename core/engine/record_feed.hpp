// Records of a store, read and folded on a thread of their own, some batches ahead of whoever writes them: both are
// about as much work, and a run ends when the last record is written.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "inventory/host_store.hpp"
#include "inventory/record.hpp"

namespace sonde::core {

class RecordFeed {
 public:
  /// Both must outlive it, and must not be changed meanwhile. Where the system refuses a thread, next() does the work.
  RecordFeed(const HostStore&, const FoldContext&);
  RecordFeed(const RecordFeed&) = delete;
  RecordFeed& operator=(const RecordFeed&) = delete;
  ~RecordFeed();  ///< also in the middle
  /// The records that follow, in the order of addresses; false behind the last. Takes the batch before back. Throws
  /// what folding threw.
  bool next(std::vector<FoldedRecord>& batch);
  /// Behind the last: an error that counts the hosts that could not be read back, and are missing.
  Result<void> outcome() const { return cursor_.outcome(); }

 private:
  void make(std::vector<FoldedRecord>& batch);
  void work();

  const FoldContext& context_;
  HostStore::Cursor cursor_;  // the thread's, while there is one
  HostRecord host_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<FoldedRecord>> ready_, spent_;  // spent ones go back to the thread that made them
  std::exception_ptr error_;
  bool at_end_ = false, unwanted_ = false;
  std::thread thread_;
};

}  // namespace sonde::core
