// Second descriptors of sockets that are about to be closed. At the last close of a packet socket the kernel waits
// until no processor looks at it any more (4 to 30 ms), one after the other. While these are held, whoever owns the
// sockets closes them without a wait; all waits then pass side by side.
#pragma once
#include <cstddef>
#include <vector>

namespace sonde::core {

class HeldSockets {
 public:
  HeldSockets() = default;
  HeldSockets(const HeldSockets&) = delete;
  HeldSockets& operator=(const HeldSockets&) = delete;
  /// Closes them.
  ~HeldSockets();
  /// Without a descriptor to spare nothing is held, and its owner waits.
  void hold(int fd);

 private:
  static constexpr std::size_t most_threads = 16;
  std::vector<int> sockets_;
};

}  // namespace sonde::core
