// The filter lets calls pass that come from one instruction of ours: with it the handler carries out what it has seen.
#include "check/syscall_watch.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <iterator>

#if defined(__x86_64__)
#define SONDE_CAN_WATCH 1
#define SONDE_AUDIT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && defined(__AARCH64EL__)
#define SONDE_CAN_WATCH 1
#define SONDE_AUDIT_ARCH AUDIT_ARCH_AARCH64
#endif

#if SONDE_CAN_WATCH
extern "C" {
long sonde_check_syscall(long number, long a, long b, long c, long d, long e, long f);
extern const char sonde_check_syscall_done[];
}
#if defined(__x86_64__)
asm(R"(
.text
.type sonde_check_syscall,@function
sonde_check_syscall:
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
sonde_check_syscall_done:
  ret
.size sonde_check_syscall, .-sonde_check_syscall
)");
#else
asm(R"(
.text
.type sonde_check_syscall,%function
sonde_check_syscall:
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  mov x5, x6
  svc #0
sonde_check_syscall_done:
  ret
.size sonde_check_syscall, .-sonde_check_syscall
)");
#endif
#endif

namespace sonde::core::check {
namespace {

struct Note {
  std::atomic<bool> taken{false};
  std::atomic<bool> ready{false};
  char text[96];
};
Note socket_note, wait_note, packet_note;
std::atomic<int64_t> tokens{0};
thread_local const char* noted_where = nullptr;
thread_local bool wait_allowed = false;

// In a signal handler: no allocation, no locks.
void write_down(Note& note, const char* call) {
  if (note.taken.exchange(true)) return;
  std::size_t n = 0;
  for (const char* part : {call, " in ", noted_where})
    for (; *part != '\0' && n + 1 < sizeof note.text; ++part) note.text[n++] = *part;
  note.text[n] = '\0';
  note.ready = true;
}

#if SONDE_CAN_WATCH

bool waits(const timespec* t) {
  return t == nullptr || t->tv_sec != 0 || t->tv_nsec != 0;
}

void look_at(long number, const long (&a)[6]) {
  if (!noted_where) return;
  if (number == SYS_socket) {
    if (a[0] == AF_INET || a[0] == AF_INET6 || a[0] == AF_PACKET) write_down(socket_note, "socket()");
    return;
  }
  if (wait_allowed) return;
  switch (number) {
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return write_down(wait_note, "a sleep");
#ifdef SYS_poll
    case SYS_poll:
      if (a[2] != 0) write_down(wait_note, "a waiting poll()");
      return;
#endif
    case SYS_ppoll:
      if (waits(reinterpret_cast<const timespec*>(a[2]))) write_down(wait_note, "a waiting poll()");
      return;
#ifdef SYS_select
    case SYS_select:
      if (waits(reinterpret_cast<const timespec*>(a[4]))) write_down(wait_note, "a waiting select()");
      return;
#endif
    case SYS_pselect6:
      if (waits(reinterpret_cast<const timespec*>(a[4]))) write_down(wait_note, "a waiting select()");
      return;
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
      if (a[3] != 0) write_down(wait_note, "a waiting epoll_wait()");
      return;
    case SYS_wait4:
      if ((a[2] & 1) == 0) write_down(wait_note, "wait() for a process");  // WNOHANG
      return;
    case SYS_connect: {
      const long flags = sonde_check_syscall(SYS_fcntl, a[0], F_GETFL, 0, 0, 0, 0);
      const auto* to = reinterpret_cast<const sockaddr*>(a[1]);
      const bool inet = to && (to->sa_family == AF_INET || to->sa_family == AF_INET6);
      if (inet && flags >= 0 && (flags & O_NONBLOCK) == 0) write_down(wait_note, "a blocking connect()");
      return;
    }
    default:
      return;
  }
}

/// Behind the call: only what has left counts.
void count_packets(long number, const long (&a)[6], long result) {
  if (!noted_where || result < 0) return;
  int64_t packets = 1;
  switch (number) {
    case SYS_sendmmsg:
      packets = result;
      break;
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_write:
    case SYS_writev:
      break;
    default:
      return;
  }
  const auto option = [&](int name) {
    int value = 0;
    socklen_t size = sizeof value;
    const long e = sonde_check_syscall(SYS_getsockopt, a[0], SOL_SOCKET, name, reinterpret_cast<long>(&value),
                                       reinterpret_cast<long>(&size), 0);
    return e == 0 ? value : 0;
  };
  const int domain = option(SO_DOMAIN), type = option(SO_TYPE);
  if ((domain != AF_INET && domain != AF_INET6 && domain != AF_PACKET) || type == SOCK_STREAM) return;
  if (tokens.fetch_sub(packets) < packets) write_down(packet_note, type == SOCK_DGRAM ? "a datagram" : "a raw packet");
}

void on_trap(int, siginfo_t*, void* context) {
  const int before = errno;
  auto& machine = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  const long number = machine.gregs[REG_RAX];
  const long a[6] = {machine.gregs[REG_RDI], machine.gregs[REG_RSI], machine.gregs[REG_RDX],
                     machine.gregs[REG_R10], machine.gregs[REG_R8],  machine.gregs[REG_R9]};
#else
  const auto number = static_cast<long>(machine.regs[8]);
  long a[6];
  for (int i = 0; i < 6; ++i) a[i] = static_cast<long>(machine.regs[i]);
#endif
  look_at(number, a);
  const long result = sonde_check_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  count_packets(number, a, result);
#if defined(__x86_64__)
  machine.gregs[REG_RAX] = result;
#else
  machine.regs[0] = static_cast<unsigned long long>(result);
#endif
  errno = before;
}

constexpr uint32_t watched[] = {SYS_socket,   SYS_connect, SYS_nanosleep,   SYS_clock_nanosleep, SYS_ppoll,
                                SYS_pselect6, SYS_wait4,   SYS_epoll_pwait, SYS_sendto,          SYS_sendmsg,
                                SYS_sendmmsg, SYS_write,   SYS_writev,
#ifdef SYS_poll  // calls that newer machines never had
                                SYS_poll,     SYS_select,  SYS_epoll_wait
#endif
};

bool install_filter() {
  const auto ours = reinterpret_cast<uint64_t>(&sonde_check_syscall_done[0]);
  constexpr std::size_t n = std::size(watched);
  sock_filter code[n + 9];
  std::size_t at = 0;
  constexpr auto load = [](std::size_t offset) -> sock_filter {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
  };
  // The numbers are those of one architecture; what a 32-bit call means is not known, and it passes.
  code[at++] = load(offsetof(seccomp_data, arch));
  code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SONDE_AUDIT_ARCH, 0, static_cast<uint8_t>(n + 5));
  code[at++] = load(offsetof(seccomp_data, instruction_pointer));
  code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(ours), 0, 2);
  code[at++] = load(offsetof(seccomp_data, instruction_pointer) + 4);
  code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(ours >> 32), static_cast<uint8_t>(n + 1), 0);
  code[at++] = load(offsetof(seccomp_data, nr));
  for (std::size_t i = 0; i < n; ++i)
    code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, watched[i], static_cast<uint8_t>(n - i), 0);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
  const sock_fprog program{static_cast<unsigned short>(at), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#endif

}  // namespace

bool watch_system_calls() {
#if SONDE_CAN_WATCH
  struct sigaction action {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  return sigaction(SIGSYS, &action, nullptr) == 0 && install_filter();
#else
  return false;
#endif
}

void note_system_calls(const char* where, bool may_wait) {
  noted_where = where;
  wait_allowed = may_wait;
}

void grant_packets(uint32_t n) {
  tokens += n;
}

SystemCallPause::SystemCallPause() : where_(noted_where) {
  noted_where = nullptr;
}
SystemCallPause::~SystemCallPause() {
  noted_where = where_;
}

SystemCallNotes system_call_notes() {
  const auto text = [](const Note& n) { return std::string(n.ready ? n.text : ""); };
  return {text(socket_note), text(wait_note), text(packet_note)};
}

}  // namespace sonde::core::check
