// Children for code that nobody trusts: each job runs in a process of its own, with limits, in its own process group;
// whatever becomes of it is an answer and never the end of the caller. Mistakes are survived, not malice: a plugin that
// sets out to cheat shares its memory with the test, and can.
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
  enum class How : unsigned char {
    reported,
    crashed,
    exited,  ///< the process ended before the job did
    threw,   ///< an exception left the job
    lost,    ///< the job ended, and somebody had closed the pipe of its report
    timed_out,
    impossible,  ///< this machine does not give what the job needs
    not_wanted   ///< by `wanted`, or by an Interruption
  };
  How how = How::not_wanted;
  std::string report;
  int number = 0;      ///< the signal (crashed), the exit code (exited), the errno (impossible)
  std::string what;    ///< threw: the exception; impossible: what could not be had
  std::string during;  ///< what the child said last that it was doing
  std::string said;    ///< the end of what came on standard error
};

struct SandboxLimits {
  std::chrono::milliseconds time{10'000};
  uint64_t memory = uint64_t{2} << 30;  ///< of address space; 0 and under sanitizers: none
  uint64_t file_size = uint64_t{256} << 20;
};

/// Called between children, on the caller's thread.
struct SandboxCalls {
  std::function<void(std::size_t job, const Ending&)> ended = [](std::size_t, const Ending&) {};
  /// Asked before a job starts, and of those that run after each ending; what is no longer wanted is killed.
  std::function<bool(std::size_t job)> wanted = [](std::size_t) { return true; };
};

/// The job in the child that runs it; all at once at most `parallel` children. In the order of the jobs. Behind it no
/// process is left that a job has started, whatever group or session that went to.
std::vector<Ending> run_in_children(const std::vector<Job>&, const SandboxLimits&, unsigned parallel,
                                    const SandboxCalls& = {});

/// In a child: what it is doing now, for Ending::during. Any thread; cut at 255 bytes.
void say_doing(std::string_view);

/// In a child: ends it, because this machine does not give what the job needs.
[[noreturn]] void give_up(std::string_view what, int error);

/// While it lives SIGINT, SIGTERM and SIGHUP do not end this process: run_in_children() ends early, so that its caller
/// can tidy up, and the signal has its usual effect behind it. One at a time, in a process of one thread.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
};

/// A signal has come that an Interruption holds back.
bool interrupted();

/// Whether this program is built with AddressSanitizer, MemorySanitizer or ThreadSanitizer.
bool under_sanitizer();

}  // namespace sonde::core::check
