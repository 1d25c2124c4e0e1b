// Closing many sockets at a time.
#include "engine/held_sockets.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

namespace sonde::core {

void HeldSockets::hold(int fd) {
  sockets_.reserve(sockets_.size() + 1);
  if (const int second = fcntl(fd, F_DUPFD_CLOEXEC, 0); second >= 0) sockets_.push_back(second);
}

HeldSockets::~HeldSockets() {
  std::atomic<std::size_t> next{0};
  const auto close_some = [&] {
    for (std::size_t i = next++; i < sockets_.size(); i = next++) ::close(sockets_[i]);
  };
  std::vector<std::thread> threads;
  try {
    while (threads.size() + 1 < std::min(most_threads, sockets_.size())) threads.emplace_back(close_some);
  } catch (const std::system_error&) {
    // Those that there are close the rest.
  }
  close_some();
  for (auto& t : threads) t.join();
}

}  // namespace sonde::core
