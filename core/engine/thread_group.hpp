// Threads, where the system may refuse them: a container has a limit of them, and reaching it must not end the process.
#pragma once
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace sonde::core {

/// `resources` when there is none left.
Result<std::thread> start_thread(std::function<void()> body);

/// Threads that begin together or not at all: what one of them has sent could not be taken back when another is
/// refused.
class ThreadGroup {
 public:
  ThreadGroup() = default;
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;
  ~ThreadGroup();  ///< those that wait for go() end without having begun
  /// A thread for each body. They wait; on a failure there is none.
  Result<void> prepare(std::vector<std::function<void()>> bodies);
  void go();
  void join();

 private:
  void answer(bool begin);

  std::promise<bool> begin_;
  bool answered_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sonde::core
