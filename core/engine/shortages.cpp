#include "engine/shortages.hpp"

namespace sonde::core {

std::string_view describe(Shortage s) {
  return s == Shortage::neighbours ? "this machine's neighbour table stayed full"
                                   : "this machine stayed short of descriptors, ports or buffers";
}

bool LastHad::hopeless(Shortage what, int64_t since, int64_t now) const {
  if (what == Shortage::packets || now - since <= longest_shortage_ns) return false;
  return what == Shortage::ports || now - (*this)[what] > longest_shortage_ns;
}

}  // namespace sonde::core
