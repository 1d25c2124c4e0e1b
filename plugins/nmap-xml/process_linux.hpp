// A program that is run without a shell, in a process group of its own, with an environment of three variables and none
// of our descriptors.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::nmap_xml {

class Process {
 public:
  /// What the child opens as "/proc/self/fd/3" to read `extra`.
  static constexpr const char* extra_path = "/proc/self/fd/3";

  /// Starts words[0] (an absolute path) with `input` on its standard input. Throws sonde::Failure with the reason.
  /// It dies with the thread that starts it.
  Process(const std::vector<std::string>& words, const std::string& input, const std::string& extra);
  /// Kills the whole group if it has not ended.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int output() const { return output_; }  ///< to read; does not block
  int errors() const { return errors_; }  ///< the same of its standard error
  void kill();
  /// Waits at most so long for the end; -1: it has not ended, or nobody knows how. A status as of waitpid().
  int wait(int64_t nanoseconds);

 private:
  pid_t pid_ = -1;
  int output_ = -1, errors_ = -1;
  bool ended_ = false;
  int status_ = -1;
};

/// Whether a program that this process starts would have CAP_NET_RAW.
bool can_pass_on_net_raw();
/// Throws sonde::Failure when that path is no program that may be run: absent, or changeable by others while we are
/// root.
void check_program(const std::string& path);

}  // namespace sonde::nmap_xml
