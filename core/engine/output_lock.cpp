#include "engine/output_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace sonde::core {

Result<void> OutputLock::take(const std::string& directory) {
  held_.emplace(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::flock(held_->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return failure("output-in-use", "another run or merge is writing into the output directory " + directory,
                   "wait until it has ended, or stop it; or choose another directory with --output");
  return {};
}

}  // namespace sonde::core
