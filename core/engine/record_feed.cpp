#include "engine/record_feed.hpp"

#include <utility>

#include "engine/thread_group.hpp"

namespace sonde::core {
namespace {

constexpr std::size_t batch_size = 256;       // records
constexpr std::size_t facts_in_batch = 8192;  // a few hosts may have as many as all others
constexpr std::size_t most_ahead = 4;         // batches that wait for the writer

}  // namespace

RecordFeed::RecordFeed(const HostStore& hosts, const FoldContext& context) : context_(context), cursor_(hosts) {
  if (hosts.size() <= batch_size) return;  // one batch: nothing could be done meanwhile
  // Handing over allocates nothing: what the thread could not report to anybody would end the process.
  ready_.reserve(most_ahead);
  spent_.reserve(most_ahead + 2);  // and the thread and the reader have one each
  if (auto started = start_thread([this] { work(); })) thread_ = std::move(*started);
}

RecordFeed::~RecordFeed() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    unwanted_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void RecordFeed::make(std::vector<FoldedRecord>& batch) {
  batch.clear();
  for (std::size_t facts = 0; batch.size() < batch_size && facts < facts_in_batch && !cursor_.at_end();) {
    if (!cursor_.take(host_)) continue;
    facts += host_.facts.size();
    batch.push_back(fold(host_, context_));
  }
}

void RecordFeed::work() {
  std::vector<FoldedRecord> batch;
  for (;;) {
    std::exception_ptr error;
    try {
      make(batch);
    } catch (...) {
      error = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    if (error || batch.empty()) {
      error_ = error;
      at_end_ = true;
      changed_.notify_all();
      return;
    }
    ready_.push_back(std::move(batch));
    changed_.notify_all();
    changed_.wait(lock, [&] { return unwanted_ || ready_.size() < most_ahead; });
    if (unwanted_) return;
    batch = {};
    if (spent_.empty()) continue;
    batch = std::move(spent_.back());
    spent_.pop_back();
  }
}

bool RecordFeed::next(std::vector<FoldedRecord>& batch) {
  if (!thread_.joinable()) {
    make(batch);
    return !batch.empty();
  }
  std::unique_lock lock(mutex_);
  if (batch.capacity() != 0) spent_.push_back(std::move(batch));
  batch.clear();
  changed_.wait(lock, [&] { return at_end_ || !ready_.empty(); });
  if (ready_.empty()) {
    if (error_) std::rethrow_exception(error_);
    return false;
  }
  batch = std::move(ready_.front());
  ready_.erase(ready_.begin());
  changed_.notify_all();
  return true;
}

}  // namespace sonde::core
