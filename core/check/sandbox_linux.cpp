#include "check/sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>

#include "base/file.hpp"
#include "base/text.hpp"

namespace sonde::core::check {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t page_size = 256;
constexpr std::size_t most_report = 4u << 20;
char* doing_page = nullptr;  // shared with the parent; in a child only

void limit(decltype(RLIMIT_CORE) what, rlim_t most) {
  rlimit now{};
  if (getrlimit(what, &now) != 0) return;
  now.rlim_cur = std::min(most, now.rlim_max);
  setrlimit(what, &now);
}

class Child {
 public:
  Child(const Job& job, const SandboxLimits& limits) : until_(Clock::now() + limits.time) {
    int ends[2];
    void* page = mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    said_ = memfd_create("stderr", MFD_CLOEXEC);
    if (page == MAP_FAILED || said_ < 0 || pipe2(ends, O_CLOEXEC) != 0) {
      give_up();
      return;
    }
    page_ = static_cast<char*>(page);
    pipe_ = ends[0];
    fcntl(pipe_, F_SETFL, O_NONBLOCK);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) be_the_child(job, limits, ends[1], parent);
    const int error = errno;
    ::close(ends[1]);
    errno = error;
    if (pid_ < 0) {
      give_up();
      return;
    }
    setpgid(pid_, pid_);                                          // in both: whoever comes first
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));  // not everywhere (valgrind): then it is polled
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    for (const int fd : {pipe_, said_, pidfd_})
      if (fd >= 0) ::close(fd);
    if (page_) munmap(page_, page_size);
  }

  bool over() const { return over_; }
  Clock::time_point until() const { return until_; }
  bool tells_its_end() const { return pidfd_ >= 0; }
  void add_to(std::vector<pollfd>& polled) const {
    polled.push_back({pidfd_, POLLIN, 0});
    polled.push_back({pipe_, POLLIN, 0});
  }
  /// Reads what there is, and ends with the child or with its time.
  void look() {
    if (over_) return;
    drain();
    siginfo_t info{};
    const bool ended =
        waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
    const bool late = !ended && Clock::now() >= until_;
    if (!ended && !late) return;
    kill_group();  // before it is reaped: its number cannot be another's yet
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    drain();
    finish(late, status);
  }
  Ending take() { return std::move(ending_); }

 private:
  [[noreturn]] void be_the_child(const Job& job, const SandboxLimits& limits, int out, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(120);
    doing_page = page_;
    if (const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nothing > STDERR_FILENO) {
      dup2(nothing, STDIN_FILENO);
      ::close(nothing);
    }
    // What the plugin prints must not mix with the report; how much it was can be asked of these.
    const int heard = memfd_create("stdout", MFD_CLOEXEC);
    if (heard < 0 || dup2(heard, STDOUT_FILENO) < 0 || dup2(said_, STDERR_FILENO) < 0) _exit(121);
    ::close(heard);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, limits.file_size);
    if (limits.memory != 0 && !under_sanitizer()) limit(RLIMIT_AS, limits.memory);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGXFSZ}) signal(number, SIG_DFL);
    Report report;
    try {
      report = job();
    } catch (const std::exception& e) {
      write_all(STDERR_FILENO, e.what());
      _exit(122);
    }
    // The last byte tells a whole report from the exit() of a plugin.
    if (!write_all(out, report.text + '\0')) _exit(123);
    if (report.leave_by_exit) ::exit(0);
    _exit(0);
  }

  void give_up() {
    ending_.number = errno;
    over_ = true;
  }
  void kill_group() const {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // it may have left its group
  }

  void drain() {
    char buffer[16384];
    for (;;) {
      const ssize_t n = ::read(pipe_, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      if (ending_.report.size() < most_report) ending_.report.append(buffer, static_cast<std::size_t>(n));
    }
  }

  void finish(bool late, int status) {
    over_ = true;
    page_[page_size - 1] = '\0';
    ending_.during = to_valid_utf8(page_);
    char tail[2048];
    const off_t size = lseek(said_, 0, SEEK_END);
    const ssize_t n = size <= 0 ? 0 : pread(said_, tail, sizeof tail, std::max<off_t>(0, size - off_t{sizeof tail}));
    if (n > 0) ending_.said = to_valid_utf8({tail, static_cast<std::size_t>(n)});
    const bool whole = !ending_.report.empty() && ending_.report.back() == '\0';
    if (whole) ending_.report.pop_back();
    if (late) {
      ending_.how = Ending::How::timed_out;
    } else if (WIFSIGNALED(status)) {
      ending_.how = Ending::How::crashed;
      ending_.number = WTERMSIG(status);
    } else if (!whole || WEXITSTATUS(status) != 0) {
      ending_.how = Ending::How::exited;
      ending_.number = WEXITSTATUS(status);
    } else {
      ending_.how = Ending::How::reported;
    }
  }

  Clock::time_point until_;
  pid_t pid_ = -1;
  int pipe_ = -1, said_ = -1, pidfd_ = -1;
  char* page_ = nullptr;
  bool over_ = false;
  Ending ending_;
};

}  // namespace

std::vector<Ending> run_in_children(const std::vector<Job>& jobs, const SandboxLimits& limits, unsigned parallel) {
  std::vector<Ending> endings(jobs.size());
  std::vector<std::pair<std::size_t, std::unique_ptr<Child>>> running;
  for (std::size_t next = 0; next < jobs.size() || !running.empty();) {
    while (next < jobs.size() && running.size() < std::max(parallel, 1u)) {
      running.emplace_back(next, std::make_unique<Child>(jobs[next], limits));
      ++next;
    }
    std::vector<pollfd> polled;
    Clock::time_point until = Clock::time_point::max();
    for (const auto& [index, child] : running) {
      if (child->over()) continue;
      child->add_to(polled);
      until = std::min(until, child->until());
      if (!child->tells_its_end()) until = std::min(until, Clock::now() + std::chrono::milliseconds(10));
    }
    if (!polled.empty()) {
      const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count() + 1;
      ::poll(polled.data(), polled.size(), static_cast<int>(std::clamp<long long>(wait, 0, 60'000)));
    }
    for (auto& [index, child] : running) {
      child->look();
      if (child->over()) endings[index] = child->take();
    }
    std::erase_if(running, [](const auto& r) { return r.second->over(); });
  }
  return endings;
}

void say_doing(std::string_view what) {
  if (!doing_page) return;
  const std::size_t n = std::min(what.size(), page_size - 1);
  std::memcpy(doing_page, what.data(), n);
  doing_page[n] = '\0';
}

bool under_sanitizer() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
  return true;
#else
  return false;
#endif
#else
  return false;
#endif
}

}  // namespace sonde::core::check
