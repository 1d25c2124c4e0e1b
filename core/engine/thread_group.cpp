#include "engine/thread_group.hpp"

#include <system_error>

namespace sonde::core {

Result<std::thread> start_thread(std::function<void()> body) {
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& e) {
    return failure("resources", std::string("no thread could be started: ") + e.code().message(),
                   "raise the limit of processes (ulimit -u, pids.max of the container), or lower limits.workers");
  }
}

ThreadGroup::~ThreadGroup() {
  answer(false);
  join();
}

Result<void> ThreadGroup::prepare(std::vector<std::function<void()>> bodies) {
  const std::shared_future<bool> begin = begin_.get_future().share();
  for (std::function<void()>& body : bodies) {
    auto started = start_thread([begin, body = std::move(body)] {
      if (begin.get()) body();
    });
    if (!started) {
      answer(false);
      join();
      return tl::unexpected(started.error());
    }
    threads_.push_back(std::move(*started));
  }
  return {};
}

void ThreadGroup::go() {
  answer(true);
}

void ThreadGroup::answer(bool begin) {
  if (!answered_) begin_.set_value(begin);
  answered_ = true;
}

void ThreadGroup::join() {
  for (std::thread& t : threads_) t.join();
  threads_.clear();
}

}  // namespace sonde::core
