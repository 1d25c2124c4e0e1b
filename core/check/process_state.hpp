// What of this process a plugin might change or leave behind.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace sonde::core::check {

struct ProcessState {
  std::map<int, std::string> descriptors;  ///< number: what it is
  std::size_t threads = 0;
  std::string locale, directory, environment;
  unsigned mask = 0;                ///< umask
  std::vector<uintptr_t> handlers;  ///< by signal
  std::string blocked_signals;
  int64_t output_bytes = 0, error_bytes = 0;  ///< on standard output and standard error (files in a sandbox)

  static ProcessState now();
  /// What is different now, a phrase each; only what `manners` are: not descriptors and threads.
  std::vector<std::string> changed_manners(const ProcessState& now, bool may_print) const;
  /// Descriptors and threads that are there now and were not: "a socket left open".
  std::vector<std::string> left_behind(const ProcessState& now) const;
};

/// Bytes on the heap that are in use.
uint64_t allocated_bytes();
std::size_t thread_count();
/// By how much the heap grows each time that something is done: the least of several times, because caches (also those
/// of malloc) fill up for a while. Ends as soon as that is below `enough`.
uint64_t steady_growth(const std::function<void()>& something, uint64_t enough);

}  // namespace sonde::core::check
