// What a machine allows a scanner, one question at a time.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::core::cli {

/// limited: it works, with limits; bad: something that is needed cannot be had; unknown: the kernel does not tell.
enum class Health { good, limited, bad, unknown };

struct Finding {
  std::string subject, found;
  Health health = Health::good;
  std::string remedy;  ///< when it is not good
};

Finding check_raw_sockets();
/// net.ipv4.ping_group_range in words: "for groups 0 to 100".
std::string groups_text(uint64_t low, uint64_t high);
/// `raw`: raw sockets are allowed; icmp then needs no ping sockets.
Finding check_ping_sockets(bool raw);
Finding check_descriptors();
/// The kernel's neighbour tables: thresholds, how many entries there are, and whether the networks that this machine is
/// connected to would fit.
std::vector<Finding> check_neighbour_tables();
Finding check_conntrack();
Finding check_local_ports();
/// `files`: what the vendor plugin reads. One finding for those of a kind: fine, old, not to be read.
std::vector<Finding> check_oui_files(const std::vector<std::string>& files);
/// Whether it, or the directory in which it would be made, may be written.
Finding check_output_directory(const std::string& path);
/// What `path` (resolv.conf) names; whether it answers is not asked.
Finding check_resolver(const std::string& path = "/etc/resolv.conf");

}  // namespace sonde::core::cli
