// Who says that a port is closed: the target itself, which is an answer, or somebody on the way, which proves nothing.
#pragma once
#include <cstdint>

namespace sonde::snmp {

/// From now on the kernel keeps ICMP errors of this UDP socket with their senders.
void keep_icmp_errors(int fd);
/// Takes all errors that the kernel kept. True when one of them is "port unreachable", sent by `target` (v4 mapped).
bool refused_by(int fd, const uint8_t (&target)[16]);

}  // namespace sonde::snmp
