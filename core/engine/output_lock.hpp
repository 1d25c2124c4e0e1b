// Two runs that write into one directory would replace each other's results: the second is refused.
#pragma once
#include <optional>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace sonde::core {

/// Of the directory itself (flock): it leaves no file behind, belongs to no account, and ends with the process however
/// that ends. What cannot be locked costs no run: a file system without locks, or one of a network, which does not tell
/// other machines of them.
class OutputLock {
 public:
  /// Refused ("output-in-use") while another process, or another lock of this one, holds it.
  Result<void> take(const std::string& directory);

 private:
  std::optional<Descriptor> held_;
};

}  // namespace sonde::core
