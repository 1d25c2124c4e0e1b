// The handler does what a handler may: atomics, the clock, one write, one _exit.
#include "cli/signals.hpp"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace sonde::core::cli {
namespace {

constexpr int64_t second = 1'000'000'000;
/// One wish to stop may come as several signals: timeout(1) and terminals send to the process and to its group.
constexpr int64_t one_wish = second;

std::atomic<int> received{0};
std::atomic<int64_t> received_at{0};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);

std::array<char, 8192> last_words;
std::atomic<std::size_t> last_words_size{0};

int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * second + now.tv_nsec;
}

void on_signal(int number) {
  const int kept = errno;
  int none = 0;
  if (received.compare_exchange_strong(none, number)) {
    received_at.store(now_ns());
  } else if (const int64_t first = received_at.load(); first != 0 && now_ns() - first >= one_wish) {
    const auto ignored = ::write(STDERR_FILENO, last_words.data(), last_words_size.load(std::memory_order_acquire));
    static_cast<void>(ignored);
    ::_exit(128 + number);
  }
  errno = kept;
}

}  // namespace

const std::atomic<int>& watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // `nohup`, and shells for what runs in the background, ask to be left alone.
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(number, &action, nullptr);
  }
  return received;
}

void say_when_stopped(std::string_view text) {
  last_words_size.store(0);
  const std::size_t size = std::min(text.size(), last_words.size());
  std::copy_n(text.begin(), size, last_words.begin());
  last_words_size.store(size, std::memory_order_release);
}

}  // namespace sonde::core::cli
