// Children for code that nobody trusts: each job runs in a process of its own, with limits, in its own process group;
// whatever becomes of it is an answer and never the end of the caller.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace sonde::core::check {

/// What a job hands back through its pipe.
struct Report {
  std::string text;
  bool leave_by_exit = false;  ///< exit(), which runs destructors and exit handlers, instead of _exit()
};
using Job = std::function<Report()>;

struct Ending {
  enum class How : unsigned char { reported, crashed, exited, timed_out, not_started };
  How how = How::not_started;
  std::string report;
  int number = 0;      ///< the signal (crashed), the exit code (exited), the errno (not_started)
  std::string during;  ///< what the child said last that it was doing
  std::string said;    ///< the end of what came on standard error
};

struct SandboxLimits {
  std::chrono::milliseconds time{10'000};
  uint64_t memory = uint64_t{2} << 30;  ///< of address space; 0 and under sanitizers: none
  uint64_t file_size = uint64_t{256} << 20;
};

/// The job in the child that runs it; all at once at most `parallel` children. In the order of the jobs.
std::vector<Ending> run_in_children(const std::vector<Job>&, const SandboxLimits&, unsigned parallel);

/// In a child: what it is doing now, for Ending::during. Any thread; cut at 255 bytes.
void say_doing(std::string_view);

/// Whether this program is built with AddressSanitizer, MemorySanitizer or ThreadSanitizer.
bool under_sanitizer();

}  // namespace sonde::core::check
