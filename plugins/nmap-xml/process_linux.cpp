#include "process_linux.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sonde/plugin.hpp>
#include <utility>

namespace sonde::nmap_xml {

namespace {
constexpr int first_free = 10;  // descriptors below are for the child

[[noreturn]] void fail(const std::string& what, int code) {
  throw Failure(SONDE_E_IO, what + ": " + std::strerror(code));
}

/// Descriptors that are closed on every way out, moved to where dup2() in the child cannot overwrite them.
struct Descriptors {
  int input = -1, extra = -1, output[2] = {-1, -1}, errors[2] = {-1, -1}, started[2] = {-1, -1};
  ~Descriptors() {
    for (int fd : {input, extra, output[0], output[1], errors[0], errors[1], started[0], started[1]})
      if (fd >= 0) ::close(fd);
  }
};

void move_up(int& fd) {
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, first_free);
  if (moved < 0) fail("no descriptor is left to start a program", errno);
  ::close(fd);
  fd = moved;
}

/// In memory: nothing is left on a disk, and nobody else can read it.
void file_of(const std::string& text, int& fd) {
  fd = ::memfd_create("sonde-nmap", MFD_CLOEXEC);
  if (fd < 0) fail("no memory file for a program's input", errno);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("a program's input cannot be written", errno);
    done += static_cast<std::size_t>(n);
  }
  ::lseek(fd, 0, SEEK_SET);
  move_up(fd);
}

void pipe_of(int (&ends)[2]) {
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("no pipe to a program", errno);
  move_up(ends[0]);
  move_up(ends[1]);
}

/// Only what is safe between fork() and exec() in a program with threads.
[[noreturn]] void become(const Descriptors& d, char* const* words, char* const* environment, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  bool good = ::getppid() == parent && ::dup2(d.input, 0) == 0 && ::dup2(d.output[1], 1) == 1 &&
              ::dup2(d.errors[1], 2) == 2 && ::dup2(d.extra, 3) == 3;
  // No working directory whose files, or core dump, could become its own.
  good = good && ::chdir("/") == 0;
  ::syscall(SYS_close_range, 4u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);  // also what sonde itself was handed
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; ++s) ::sigaction(s, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (good) ::execve(words[0], words, environment);
  const int code = errno;
  [[maybe_unused]] const ssize_t told = ::write(d.started[1], &code, sizeof code);
  ::_exit(127);
}
}  // namespace

Process::Process(const std::vector<std::string>& words, const std::string& input, const std::string& extra) {
  Descriptors d;
  file_of(input, d.input);
  file_of(extra, d.extra);
  pipe_of(d.output);
  pipe_of(d.errors);
  pipe_of(d.started);
  const char* home = std::getenv("HOME");
  std::string home_variable = std::string("HOME=") + (home && *home == '/' ? home : "/");
  std::string path_variable = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
              lang = "LANG=C.UTF-8";
  char* environment[] = {path_variable.data(), lang.data(), home_variable.data(), nullptr};
  std::vector<std::string> copies = words;
  std::vector<char*> pointers;
  for (std::string& word : copies) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail("no process can be started", errno);
  if (pid_ == 0) become(d, pointers.data(), environment, parent);
  ::setpgid(pid_, pid_);  // whoever is first
  ::close(std::exchange(d.started[1], -1));
  int code = 0;
  ssize_t n = 0;
  do n = ::read(d.started[0], &code, sizeof code);
  while (n < 0 && errno == EINTR);
  if (n == sizeof code) {
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    fail(words[0] + " cannot be run", code);
  }
  output_ = std::exchange(d.output[0], -1);
  errors_ = std::exchange(d.errors[0], -1);
  for (int fd : {output_, errors_}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

Process::~Process() {
  if (pid_ > 0 && !ended_) {
    kill();
    wait(1'000'000'000);
  }
  for (int fd : {output_, errors_})
    if (fd >= 0) ::close(fd);
}

void Process::kill() {
  if (pid_ > 0 && !ended_) ::kill(-pid_, SIGKILL);
}

int Process::wait(int64_t nanoseconds) {
  constexpr int64_t step = 2'000'000;
  while (pid_ > 0 && !ended_) {
    siginfo_t seen{};
    const int e = ::waitid(P_PID, static_cast<id_t>(pid_), &seen, WEXITED | WNOHANG | WNOWAIT);
    if (e == 0 && seen.si_pid == pid_) {
      ::kill(-pid_, SIGKILL);  // what it may have left in its group, while the group's number is still its own
      while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
      }
      ended_ = true;
    } else if (e < 0 && errno != EINTR) {
      ended_ = true;  // somebody else has reaped it
      status_ = -1;
    } else if (nanoseconds <= 0) {
      return -1;
    } else {
      const timespec pause{0, step};
      ::nanosleep(&pause, nullptr);
      nanoseconds -= step;
    }
  }
  return status_;
}

bool can_pass_on_net_raw() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  return ::syscall(SYS_capget, &header, data) == 0 && (data[0].effective & (1u << CAP_NET_RAW)) != 0;
}

void check_program(const std::string& path) {
  struct stat st {};
  if (path.empty() || path[0] != '/') throw OptionFailure("/nmap", "'" + path + "' is no absolute path");
  if (::stat(path.c_str(), &st) != 0)
    throw Failure(SONDE_E_UNSUPPORTED, "there is no nmap at " + path + " (" + std::strerror(errno) +
                                           "): install it (apt install nmap), or name it by the option nmap");
  if (!S_ISREG(st.st_mode) || ::access(path.c_str(), X_OK) != 0)
    throw OptionFailure("/nmap", path + " is no program that can be run");
  if (::geteuid() == 0 && (st.st_uid != 0 || (st.st_mode & 022) != 0))
    throw OptionFailure("/nmap", path +
                                     " can be changed by others than root, and root runs only what root alone can "
                                     "change: chown root and chmod go-w, or run sonde as a user");
}

}  // namespace sonde::nmap_xml
