// A network of this process alone, with nothing in it but loopback.
#pragma once

namespace sonde::core::check {

/// Leaves the network of the machine for an empty one; as root, or where this user may make user namespaces. Only while
/// this process has one thread. False: it stays in the machine's network.
bool enter_own_network();

}  // namespace sonde::core::check
