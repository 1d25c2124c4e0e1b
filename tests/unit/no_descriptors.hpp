// While one lives, this process gets no further descriptor: open(2) and socket(2) fail with EMFILE. Its end gives them
// back, which LeakSanitizer needs: it reads /proc when the process ends.
#pragma once
#include <sys/resource.h>

namespace sonde::core {

class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace sonde::core
