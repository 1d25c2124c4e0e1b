// What a machine allows a scanner, one question at a time.
#pragma once
#include <string>
#include <vector>

namespace sonde::core::cli {

enum class Health { good, limited, bad };

struct Finding {
  std::string subject, found;
  Health health = Health::good;
  std::string remedy;  ///< when it is not good
};

Finding check_raw_sockets();
Finding check_ping_sockets();
Finding check_descriptors();
/// The kernel's neighbour tables: thresholds, and how many entries there are.
std::vector<Finding> check_neighbour_tables();
Finding check_conntrack();
Finding check_local_ports();
/// `files`: what the vendor plugin reads.
std::vector<Finding> check_oui_files(const std::vector<std::string>& files);
/// `path`: resolv.conf.
Finding check_resolver(const std::string& path = "/etc/resolv.conf");

}  // namespace sonde::core::cli
