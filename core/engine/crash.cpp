#include "engine/crash.hpp"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>

#include "inventory/journal_writer.hpp"

namespace sonde::core {

namespace {

struct Current {
  const char* plugin;
  const char* stage;
  uint8_t ip[16];
  uint32_t zone;
  bool has_target;
};
// Plain data with constant initialisation: the handler may read it on any thread at any time.
thread_local Current current{};

constexpr int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
struct sigaction previous[std::size(fatal_signals)];
std::atomic<int> journal{-1};
constexpr std::size_t alt_stack_size = 64 << 10;

void say(const char* text) {
  const auto ignored = write(STDERR_FILENO, text, strlen(text));
  static_cast<void>(ignored);
}

void on_fatal(int signal) {
  if (current.plugin) {
    const int fd = journal.load(std::memory_order_relaxed);
    if (fd >= 0 && current.has_target) write_crash_line(fd, current.plugin, current.stage, current.ip, current.zone);
    say("sonde: error[plugin-crashed]: plugin '");
    say(current.plugin);
    say("' crashed in stage '");
    say(current.stage);
    say(fd >= 0 ? "'; what was found is in the journal: go on with `sonde run FILE --resume OUTPUT_DIR`\n" : "'\n");
  }
  for (std::size_t i = 0; i < std::size(fatal_signals); ++i)
    if (fatal_signals[i] == signal) sigaction(signal, &previous[i], nullptr);
  raise(signal);
}

}  // namespace

CrashScope::CrashScope(const char* plugin, const char* stage)
    : outer_plugin_(current.plugin), outer_stage_(current.stage) {
  current.plugin = plugin;
  current.stage = stage;
  current.has_target = false;
}

CrashScope::~CrashScope() {
  current.plugin = outer_plugin_;
  current.stage = outer_stage_;
  current.has_target = false;
}

void CrashScope::target(const IpAddress& ip) {
  memcpy(current.ip, ip.bytes().data(), sizeof current.ip);
  current.zone = ip.zone();
  current.has_target = true;
}

AltStack::AltStack()
    : memory_(mmap(nullptr, alt_stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
  if (memory_ == MAP_FAILED) return;
  stack_t stack{};
  stack.ss_sp = memory_;
  stack.ss_size = alt_stack_size;
  sigaltstack(&stack, nullptr);
}

AltStack::~AltStack() {
  if (memory_ == MAP_FAILED) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  sigaltstack(&none, nullptr);
  munmap(memory_, alt_stack_size);
}

void CrashHandler::write_to(int journal_fd) {
  journal.store(journal_fd, std::memory_order_relaxed);
}

CrashHandler::CrashHandler() {
  struct sigaction action {};
  action.sa_handler = on_fatal;
  action.sa_flags = SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < std::size(fatal_signals); ++i) sigaction(fatal_signals[i], &action, &previous[i]);
}

CrashHandler::~CrashHandler() {
  for (std::size_t i = 0; i < std::size(fatal_signals); ++i) sigaction(fatal_signals[i], &previous[i], nullptr);
  journal.store(-1, std::memory_order_relaxed);
}

}  // namespace sonde::core
