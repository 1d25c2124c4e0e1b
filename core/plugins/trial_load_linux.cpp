#include "plugins/trial_load.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sonde::core {

namespace {

[[noreturn]] void be_the_child(const std::function<void()>& work, int out) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // What a library prints while it is loaded comes once, from the parent, if it is loaded there at all.
  if (const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC); nowhere >= 0) {
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
  }
  work();
  const char done = 1;  // tells the end of the work from an exit() of a library
  _exit(::write(out, &done, 1) == 1 ? 0 : 1);
}

}  // namespace

std::string try_in_child(const std::function<void()>& work, std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  const auto until = Clock::now() + limit;
  const pid_t pid = fork();
  if (pid == 0) be_the_child(work, ends[1]);
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return {};
  }
  setpgid(pid, pid);  // in both: whoever comes first
  // The pipe closes with the child, or speaks before.
  char done = 0;
  bool late = false;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd p{ends[0], POLLIN, 0};
    const int ready = ::poll(&p, 1, static_cast<int>(std::max<long long>(left, 0)));
    if (ready < 0 && errno == EINTR) continue;
    late = ready == 0;
    if (ready > 0 && ::read(ends[0], &done, 1) < 0 && errno == EINTR) continue;
    break;
  }
  ::close(ends[0]);
  siginfo_t info{};
  // The pipe may have closed before the end: who closes all descriptors and then hangs is late as well.
  while (done != 1 && !late && waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != pid) {
    late = Clock::now() >= until;
    ::poll(nullptr, 0, 2);
  }
  ::kill(-pid, SIGKILL);  // before it is reaped: the number is still its own, and those it started are there no longer
  ::kill(pid, SIGKILL);   // it may have left its group, and would be waited for without end
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (done == 1) return {};
  if (late) return "did not come back";
  if (WIFSIGNALED(status)) return std::string("died of ") + strsignal(WTERMSIG(status));
  return "ended the process with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace sonde::core
