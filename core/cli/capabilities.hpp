// What a plugin needs of the machine, in words, and whether this process has it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::core::cli {

struct Privilege {
  std::string name;  ///< "CAP_NET_RAW"
  bool present = false;
};
/// What the kernel must grant for these needs (SONDE_NEED_*) to be met in full.
std::vector<Privilege> privileges_of(uint32_t needs);

/// "raw sockets, connections" for a set of SONDE_NEED_*; "nothing" for none.
std::string describe_needs(uint32_t needs);

}  // namespace sonde::core::cli
