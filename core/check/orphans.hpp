// Processes whose parents are gone: a plugin may start a program that leaves its process group, and die.
#pragma once
#include <sys/types.h>

#include <vector>

namespace sonde::core::check {

/// While it lives, what a child leaves behind becomes a child of this process.
class Orphans {
 public:
  Orphans();
  ~Orphans();
  Orphans(const Orphans&) = delete;
  Orphans& operator=(const Orphans&) = delete;
  /// Kills and reaps all that was adopted: every child but `own` and those that were there before.
  void end(const std::vector<pid_t>& own) const;

 private:
  int before_ = 0;
  std::vector<pid_t> older_;
};

/// In a child: what its own children leave behind stays with it as long as it lives, and then comes to its parent. So a
/// process that was adopted belongs to a child that is gone.
void keep_own_orphans();

}  // namespace sonde::core::check
