// When a plugin brings the process down: which one, in which stage, with which target in hand, is written to the
// journal and to stderr before the process dies the death that the signal wants.
#pragma once
#include "base/ip_address.hpp"

namespace sonde::core {

/// Marks that this thread is inside a plugin. Cheap: two pointers.
class CrashScope {
 public:
  CrashScope(const char* plugin, const char* stage);
  ~CrashScope();
  CrashScope(const CrashScope&) = delete;
  CrashScope& operator=(const CrashScope&) = delete;
  /// The target that the plugin asked about last: the best guess at what it stumbled over.
  static void target(const IpAddress&);

 private:
  const char* outer_plugin_;
  const char* outer_stage_;
};

/// Handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, for the life of the object. journal_fd -1: stderr only.
class CrashHandler {
 public:
  explicit CrashHandler(int journal_fd);
  ~CrashHandler();
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;
};

}  // namespace sonde::core
