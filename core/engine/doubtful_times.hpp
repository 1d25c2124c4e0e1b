// The times at which silence proves nothing, because packets that left then may have been lost for our speed.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace sonde::core {

class DoubtfulTimes {
 public:
  enum class Cause : uint8_t {
    path,     ///< packets were seen to be lost on the way
    machine,  ///< our own receive buffers overflowed
  };
  /// From `from` to `to`, both included, monotonic ns. Any thread.
  void add(int64_t from, int64_t to, Cause cause);
  /// The path turned out not to be the cause.
  void absolve_the_path();
  /// Any thread; no lock for what was sent behind the last such time.
  bool contain(int64_t sent_at) const;

  /// More spans than that are joined: what lies between is then asked again for nothing, but nothing is missed.
  static constexpr std::size_t spans_kept = 256;

 private:
  struct Span {
    int64_t from, to;
    Cause cause;
  };
  mutable std::mutex mutex_;
  std::vector<Span> spans_;         ///< by their beginning; those of one cause do not overlap
  std::atomic<int64_t> until_{-1};  ///< nothing that was sent later is in doubt
};

}  // namespace sonde::core
