#include "check/sandbox.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "check/orphans.hpp"

namespace sonde::core::check {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t most_report = 4u << 20;

/// Shared by a child and its parent: what an exit code cannot tell from one that the plugin chose.
struct Page {
  enum class Mark : uint32_t { none, threw, lost, impossible };
  char doing[256];
  char what[256];
  int error;
  Mark mark;
};
Page* own_page = nullptr;  // in a child only
int interruption = -1;     // readable when a signal has come
sigset_t usual_signals;    // the mask outside an Interruption

void write_text(char (&to)[256], std::string_view text) {
  const std::size_t n = std::min(text.size(), sizeof to - 1);
  std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

[[noreturn]] void leave_mark(Page::Mark mark, std::string_view what, int error) {
  write_text(own_page->what, what);
  own_page->error = error;
  own_page->mark = mark;
  _exit(1);
}

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
    void* page = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    said_ = memfd_create("stderr", MFD_CLOEXEC);
    if (page == MAP_FAILED || said_ < 0 || pipe2(ends, O_CLOEXEC) != 0) {
      not_made();
      return;
    }
    page_ = static_cast<Page*>(page);
    pipe_ = ends[0];
    fcntl(pipe_, F_SETFL, O_NONBLOCK);
    // A report that ends with it is whole, and not something that the plugin wrote into a descriptor by mistake.
    if (getrandom(seal_, sizeof seal_, GRND_NONBLOCK) != sizeof seal_) std::memset(seal_, 0x5a, sizeof seal_);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) be_the_child(job, limits, ends[1], parent);
    const int error = errno;
    ::close(ends[1]);
    errno = error;
    if (pid_ < 0) {
      not_made();
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
    if (page_) munmap(page_, sizeof(Page));
  }

  bool over() const { return over_; }
  Clock::time_point until() const { return until_; }
  bool tells_its_end() const { return pidfd_ >= 0; }
  void add_to(std::vector<pollfd>& polled) const {
    polled.push_back({pidfd_, POLLIN, 0});
    if (!pipe_ended_) polled.push_back({pipe_, POLLIN, 0});  // one that was closed is always ready
  }
  pid_t pid() const { return pid_; }
  /// Reads what there is, and ends with the child or with its time.
  void look() {
    if (over_) return;
    drain();
    siginfo_t info{};
    const bool ended =
        waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
    const bool late = !ended && Clock::now() >= until_;
    if (!ended && !late) return;
    const int status = end();
    finish(late, status);
  }
  /// Ends it now; what it was doing is nobody's interest any more.
  void stop() {
    if (over_) return;
    end();
    over_ = true;
    ending_ = {};
  }
  Ending take() { return std::move(ending_); }

 private:
  [[noreturn]] void be_the_child(const Job& job, const SandboxLimits& limits, int out, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // nobody is there to hear it
    own_page = page_;
    keep_own_orphans();
    if (interruption >= 0) sigprocmask(SIG_SETMASK, &usual_signals, nullptr);
    if (const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nothing > STDERR_FILENO) {
      dup2(nothing, STDIN_FILENO);
      ::close(nothing);
    }
    // What the plugin prints must not mix with the report; how much it was can be asked of these.
    const int heard = memfd_create("stdout", MFD_CLOEXEC);
    if (heard < 0 || dup2(heard, STDOUT_FILENO) < 0 || dup2(said_, STDERR_FILENO) < 0)
      give_up("a place for what the plugin prints", errno);
    ::close(heard);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, limits.file_size);
    if (limits.memory != 0 && !under_sanitizer()) limit(RLIMIT_AS, limits.memory);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGXFSZ}) signal(number, SIG_DFL);
    Report report;
    try {
      report = job();
    } catch (const std::exception& e) {
      leave_mark(Page::Mark::threw, e.what(), 0);
    } catch (...) {
      leave_mark(Page::Mark::threw, "no std::exception", 0);
    }
    if (!write_all(out, report.text + std::string(seal_, sizeof seal_))) leave_mark(Page::Mark::lost, "", errno);
    if (report.leave_by_exit) ::exit(0);
    _exit(0);
  }

  void not_made() {
    ending_.how = Ending::How::impossible;
    ending_.what = "a process for a test";
    ending_.number = errno;
    over_ = true;
  }
  int end() {
    kill_group();  // before it is reaped: its number cannot be another's yet
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    drain();
    return status;
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
      if (n == 0) pipe_ended_ = true;
      if (n <= 0) return;
      if (ending_.report.size() < most_report) ending_.report.append(buffer, static_cast<std::size_t>(n));
    }
  }

  void finish(bool late, int status) {
    over_ = true;
    page_->doing[sizeof page_->doing - 1] = page_->what[sizeof page_->what - 1] = '\0';
    ending_.during = to_valid_utf8(page_->doing);
    char tail[2048];
    const off_t size = lseek(said_, 0, SEEK_END);
    const ssize_t n = size <= 0 ? 0 : pread(said_, tail, sizeof tail, std::max<off_t>(0, size - off_t{sizeof tail}));
    if (n > 0) ending_.said = to_valid_utf8({tail, static_cast<std::size_t>(n)});
    const std::string_view seal(seal_, sizeof seal_);
    const bool whole = ending_.report.ends_with(seal);
    if (whole) ending_.report.resize(ending_.report.size() - seal.size());
    if (late) {
      ending_.how = Ending::How::timed_out;
    } else if (WIFSIGNALED(status)) {
      ending_.how = Ending::How::crashed;
      ending_.number = WTERMSIG(status);
    } else if (page_->mark != Page::Mark::none) {
      ending_.how = page_->mark == Page::Mark::threw  ? Ending::How::threw
                    : page_->mark == Page::Mark::lost ? Ending::How::lost
                                                      : Ending::How::impossible;
      ending_.what = to_valid_utf8(page_->what);
      ending_.number = page_->error;
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
  Page* page_ = nullptr;
  bool over_ = false, pipe_ended_ = false;
  char seal_[16] = {};
  Ending ending_;
};

}  // namespace

std::vector<Ending> run_in_children(const std::vector<Job>& jobs, const SandboxLimits& limits, unsigned parallel,
                                    const SandboxCalls& calls) {
  const Orphans orphans;
  std::vector<Ending> endings(jobs.size());
  std::vector<std::pair<std::size_t, std::unique_ptr<Child>>> running;
  bool interrupted = false;
  for (std::size_t next = 0; next < jobs.size() || !running.empty();) {
    while (next < jobs.size() && running.size() < std::max(parallel, 1u)) {
      if (!interrupted && calls.wanted(next)) running.emplace_back(next, std::make_unique<Child>(jobs[next], limits));
      ++next;
    }
    std::vector<pollfd> polled{{interruption, POLLIN, 0}};
    Clock::time_point until = Clock::time_point::max();
    for (const auto& [index, child] : running) {
      if (child->over()) until = Clock::time_point::min();
      if (child->over()) continue;
      child->add_to(polled);
      until = std::min(until, child->until());
      if (!child->tells_its_end()) until = std::min(until, Clock::now() + std::chrono::milliseconds(10));
    }
    const auto now = Clock::now();
    const auto wait = until <= now ? 0 : std::chrono::duration_cast<std::chrono::milliseconds>(until - now).count() + 1;
    if (!running.empty()) ::poll(polled.data(), polled.size(), static_cast<int>(std::min<long long>(wait, 60'000)));
    interrupted |= polled.front().revents != 0;
    for (auto& [index, child] : running) {
      child->look();
      if (interrupted || !calls.wanted(index)) child->stop();
      if (!child->over()) continue;
      endings[index] = child->take();
      if (endings[index].how != Ending::How::not_wanted) calls.ended(index, endings[index]);
    }
    if (std::erase_if(running, [](const auto& r) { return r.second->over(); }) == 0) continue;
    std::vector<pid_t> own;
    for (const auto& [index, child] : running) own.push_back(child->pid());
    orphans.end(own);
  }
  return endings;
}

void say_doing(std::string_view what) {
  if (own_page) write_text(own_page->doing, what);
}

void give_up(std::string_view what, int error) {
  leave_mark(Page::Mark::impossible, what, error);
}

Interruption::Interruption() {
  sigset_t held;
  sigemptyset(&held);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now {};
    if (sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&held, number);  // nohup
  }
  sigprocmask(SIG_BLOCK, &held, &usual_signals);
  interruption = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);  // never read: the signal stays for the destructor
}

Interruption::~Interruption() {
  if (interruption >= 0) ::close(std::exchange(interruption, -1));
  sigprocmask(SIG_SETMASK, &usual_signals, nullptr);
}

bool interrupted() {
  pollfd p{interruption, POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
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
