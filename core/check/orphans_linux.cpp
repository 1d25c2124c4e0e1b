#include "check/orphans.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

namespace sonde::core::check {
namespace {

constexpr int most_rounds = 1000;  // generations of processes whose parents were killed

/// The parent of a process as /proc/PID/stat has it, 0 when there is no such process.
pid_t parent_of(const char* pid) {
  const std::string path = std::string("/proc/") + pid + "/stat";
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (!file) return 0;
  char text[512];
  const std::size_t n = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  text[n] = '\0';
  const char* name_end = std::strrchr(text, ')');  // the name may hold anything
  int parent = 0;
  if (!name_end || std::sscanf(name_end + 1, " %*c %d", &parent) != 1) return 0;
  return parent;
}

std::vector<pid_t> children() {
  std::vector<pid_t> out;
  DIR* all = opendir("/proc");
  if (!all) return out;
  const pid_t self = getpid();
  while (const dirent* entry = readdir(all)) {
    pid_t pid = 0;
    const char* end = entry->d_name + std::strlen(entry->d_name);
    if (std::from_chars(entry->d_name, end, pid).ptr == end && parent_of(entry->d_name) == self) out.push_back(pid);
  }
  closedir(all);
  return out;
}

}  // namespace

Orphans::Orphans() : older_(children()) {
  prctl(PR_GET_CHILD_SUBREAPER, &before_, 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

Orphans::~Orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, before_, 0, 0, 0);
}

void Orphans::end(const std::vector<pid_t>& own) const {
  const auto is_in = [](const std::vector<pid_t>& list, pid_t pid) {
    return std::find(list.begin(), list.end(), pid) != list.end();
  };
  for (int round = 0; round < most_rounds; ++round) {
    bool any = false;
    for (const pid_t pid : children()) {
      if (is_in(own, pid) || is_in(older_, pid)) continue;
      any = true;
      ::kill(pid, SIGKILL);
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    if (!any) return;  // what they had started has become ours by now
  }
}

void keep_own_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

}  // namespace sonde::core::check
