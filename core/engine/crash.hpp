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

/// A stack of its own for this thread's fatal signals, so that an overflowing one can still be told of.
class AltStack {
 public:
  AltStack();
  ~AltStack();
  AltStack(const AltStack&) = delete;
  AltStack& operator=(const AltStack&) = delete;

 private:
  void* memory_;
};

/// Handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, for the life of the object.
class CrashHandler {
 public:
  CrashHandler();
  ~CrashHandler();
  /// Crashes are written there as well from now on; -1: to stderr only.
  void write_to(int journal_fd);
  CrashHandler(const CrashHandler&) = delete;
  CrashHandler& operator=(const CrashHandler&) = delete;

 private:
  AltStack stack_;
};

}  // namespace sonde::core
