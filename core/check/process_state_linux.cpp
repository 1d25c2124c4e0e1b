#include "check/process_state.hpp"

#include <dirent.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>

extern "C" {
// There when the program is built with a sanitizer, which brings an allocator of its own.
__attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();
}

namespace sonde::core::check {
namespace {

namespace fs = std::filesystem;
constexpr int most_times = 12;

std::map<int, std::string> open_descriptors() {
  std::map<int, std::string> out;
  DIR* directory = opendir("/proc/self/fd");
  if (!directory) return out;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    const int fd = std::atoi(entry->d_name);
    if (fd == dirfd(directory)) continue;
    std::error_code ec;
    out[fd] = fs::read_symlink(std::string("/proc/self/fd/") + entry->d_name, ec).string();
  }
  closedir(directory);
  return out;
}

std::string environment_text() {
  std::string out;
  for (char** e = environ; e && *e; ++e) (out += *e) += '\n';
  return out;
}

int64_t bytes_in(int fd) {
  struct stat s {};
  return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) ? s.st_size : 0;
}

std::string kind_of(const std::string& link) {
  if (link.starts_with("socket:")) return "a socket";
  if (link.starts_with("pipe:")) return "a pipe";
  if (link.starts_with("anon_inode:")) return "an " + link.substr(11);
  return link;
}

}  // namespace

std::size_t thread_count() {
  std::error_code ec;
  std::size_t n = 0;
  for (fs::directory_iterator it("/proc/self/task", ec), end; !ec && it != end; it.increment(ec)) ++n;
  return n;
}

uint64_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

uint64_t steady_growth(const std::function<void()>& something, uint64_t enough) {
  something();
  uint64_t least = UINT64_MAX, before = allocated_bytes();
  for (int i = 0; i < most_times && least >= enough; ++i) {
    something();
    const uint64_t now = allocated_bytes();
    least = std::min(least, now > before ? now - before : 0);
    before = now;
  }
  return least;
}

ProcessState ProcessState::now() {
  ProcessState s;
  s.descriptors = open_descriptors();
  s.threads = thread_count();
  s.locale = std::setlocale(LC_ALL, nullptr);
  std::error_code ec;
  s.directory = fs::current_path(ec).string();
  s.environment = environment_text();
  const mode_t mask = umask(0);
  umask(mask);
  s.mask = mask;
  for (int number = 1; number < 65; ++number) {
    struct sigaction action {};
    const bool known = sigaction(number, nullptr, &action) == 0;
    s.handlers.push_back(known ? reinterpret_cast<uintptr_t>(action.sa_sigaction) : 0);
  }
  sigset_t blocked;
  sigemptyset(&blocked);
  pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  for (int number = 1; number < 65; ++number) s.blocked_signals += sigismember(&blocked, number) == 1 ? '1' : '0';
  s.output_bytes = bytes_in(STDOUT_FILENO);
  s.error_bytes = bytes_in(STDERR_FILENO);
  return s;
}

std::vector<std::string> ProcessState::changed_manners(const ProcessState& now, bool may_print) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < handlers.size(); ++i)
    if (handlers[i] != now.handlers[i])
      out.push_back("the handler of " + std::string(strsignal(static_cast<int>(i) + 1)) + " was changed");
  if (blocked_signals != now.blocked_signals) out.push_back("the blocked signals were changed");
  if (locale != now.locale) out.push_back("the locale was changed to " + now.locale);
  if (directory != now.directory) out.push_back("the working directory was changed to " + now.directory);
  if (mask != now.mask) out.push_back("the umask was changed");
  if (environment != now.environment) out.push_back("the environment was changed");
  if (!may_print && output_bytes != now.output_bytes) out.push_back("something was printed on standard output");
  if (error_bytes != now.error_bytes) out.push_back("something was printed on standard error");
  return out;
}

std::vector<std::string> ProcessState::left_behind(const ProcessState& now) const {
  std::vector<std::string> out;
  for (const auto& [fd, what] : now.descriptors) {
    const auto before = descriptors.find(fd);
    if (before == descriptors.end() || before->second != what)
      out.push_back(kind_of(what) + " left open (descriptor " + std::to_string(fd) + ")");
  }
  if (now.threads > threads) out.push_back(std::to_string(now.threads - threads) + " threads still there");
  return out;
}

}  // namespace sonde::core::check
