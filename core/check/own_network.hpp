// A network of this process alone, with nothing in it but loopback.
#pragma once

namespace sonde::core::check {

/// Leaves the network of the machine for an empty one; as root, or where this user may make user namespaces. Only while
/// this process has one thread, and in a child of run_in_children(): where the machine's network was left and the new
/// one has no loopback, no test can tell anything, and give_up() says so. False: it stays in the machine's network.
bool enter_own_network();

/// Echo requests get no answer in the network of this process from now on, which must be its own. False: /proc/sys is
/// not to be written.
bool silence_pings();

}  // namespace sonde::core::check
