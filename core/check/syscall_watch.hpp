// Sees the system calls by which a plugin leaves the host behind: sockets of its own, waits where it must not wait, and
// datagrams and raw packets for which it had no token. A seccomp filter turns them into a signal; they are noted when
// they come out of a callback, and then carried out.
#pragma once
#include <cstdint>
#include <string>

namespace sonde::core::check {

/// Watches this process from now on. False: this machine does not allow it.
bool watch_system_calls();

/// What may be noted on this thread until the next call. `where` must outlive it; nullptr: nothing is.
void note_system_calls(const char* where, bool may_wait);

/// While the host works for the plugin, its own system calls are none of the plugin's.
class SystemCallPause {
 public:
  SystemCallPause();
  ~SystemCallPause();
  SystemCallPause(const SystemCallPause&) = delete;
  SystemCallPause& operator=(const SystemCallPause&) = delete;

 private:
  const char* where_;
};

/// Tokens that the host gave: each lets one datagram or raw packet go. Any thread.
void grant_packets(uint32_t);

struct SystemCallNotes {
  std::string socket, wait;  ///< "socket() in start()"; empty: none was seen
  std::string packet;        ///< the first that had no token
};
SystemCallNotes system_call_notes();

}  // namespace sonde::core::check
