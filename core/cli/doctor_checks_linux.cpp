// The answers come from /proc, from rlimits, and from opening (and closing at once) what a run would open. Nothing is
// sent.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/ip_address.hpp"
#include "cli/doctor_checks.hpp"

namespace sonde::core::cli {
namespace {

bool can_open(int family, int type, int protocol, std::string& why) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) {
    why = std::strerror(errno);
    return false;
  }
  ::close(fd);
  return true;
}

std::optional<uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  uint64_t n = 0;
  if (file >> n) return n;
  return std::nullopt;
}

/// Entries of a neighbour table over all processors: /proc/net/stat, hexadecimal, first column, the same in every line.
std::optional<uint64_t> neighbour_entries(const std::string& table) {
  std::ifstream file("/proc/net/stat/" + table);
  std::string line;
  if (!std::getline(file, line) || !std::getline(file, line)) return std::nullopt;
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), n, 16);
  if (error != std::errc{}) return std::nullopt;
  return n;
}

Finding check_neighbours(const char* subject, const std::string& family, const std::string& table) {
  Finding f{subject, "", Health::good, ""};
  const std::string base = "/proc/sys/net/" + family + "/neigh/default/gc_thresh";
  const auto soft = number_in(base + "2"), hard = number_in(base + "3");
  const auto entries = neighbour_entries(table);
  if (!soft || !hard) {
    f.found = "the thresholds cannot be read here";
    return f;
  }
  f.found = fmt::format("room for {} ({} before it is cleaned){}", *hard, *soft,
                        entries ? fmt::format(", {} used", *entries) : std::string());
  constexpr uint64_t comfortable = 4096;  // a /20 that must be resolved by the kernel at once
  if (entries && *entries * 2 > *hard) {
    f.health = Health::bad;
    f.remedy = fmt::format("more than half is used: sysctl net.{}.neigh.default.gc_thresh3={}", family, *hard * 4);
  } else if (*hard < comfortable) {
    f.health = Health::limited;
    f.remedy = fmt::format(
        "large connected networks are asked slowly unless arp-oui runs; sysctl net.{}.neigh.default.gc_thresh3=8192",
        family);
  }
  return f;
}

}  // namespace

Finding check_raw_sockets() {
  Finding f{"raw sockets", "", Health::good, ""};
  std::string icmp_reason, packet_reason;
  const bool icmp = can_open(AF_INET, SOCK_RAW, IPPROTO_ICMP, icmp_reason);
  const bool packet = can_open(AF_PACKET, SOCK_RAW, 0, packet_reason);
  if (icmp && packet) {
    f.found = "allowed (ICMP and Ethernet)";
    return f;
  }
  f.found = fmt::format("ICMP: {}; Ethernet: {}", icmp ? "allowed" : icmp_reason, packet ? "allowed" : packet_reason);
  f.health = Health::limited;
  f.remedy = "needed by arp-oui and for the fast icmp: run as root, or grant CAP_NET_RAW (docs/operations.md)";
  return f;
}

Finding check_ping_sockets() {
  Finding f{"ping sockets", "", Health::good, ""};
  std::ifstream file("/proc/sys/net/ipv4/ping_group_range");
  std::string low, high, why;
  file >> low >> high;
  const std::string range = low.empty() ? "unknown" : low + " to " + high;
  if (can_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, why)) {
    f.found = "allowed (groups " + range + ")";
    return f;
  }
  f.found = fmt::format("{} (groups {})", why, range);
  f.health = Health::limited;
  f.remedy = "icmp without raw sockets: sysctl net.ipv4.ping_group_range=\"0 2147483647\"";
  return f;
}

Finding check_descriptors() {
  Finding f{"descriptors", "", Health::good, ""};
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    f.found = std::strerror(errno);
    f.health = Health::bad;
    return f;
  }
  const bool unlimited = limit.rlim_max == RLIM_INFINITY;
  f.found = fmt::format("{} now, {} at most (raised when a run starts)", limit.rlim_cur,
                        unlimited ? "unlimited" : std::to_string(limit.rlim_max));
  constexpr rlim_t comfortable = 16384;
  if (!unlimited && limit.rlim_max < comfortable) {
    f.health = Health::limited;
    f.remedy = "fewer connections at once; raise it: ulimit -Hn 65536, or LimitNOFILE= of the service";
  }
  return f;
}

std::vector<Finding> check_neighbour_tables() {
  return {check_neighbours("neighbours, IPv4", "ipv4", "arp_cache"),
          check_neighbours("neighbours, IPv6", "ipv6", "ndisc_cache")};
}

Finding check_conntrack() {
  Finding f{"connection tracking", "", Health::good, ""};
  const auto count = number_in("/proc/sys/net/netfilter/nf_conntrack_count");
  const auto most = number_in("/proc/sys/net/netfilter/nf_conntrack_max");
  if (!count || !most) {
    f.found = "off";
    return f;
  }
  f.found = fmt::format("{} of {} used", *count, *most);
  constexpr uint64_t comfortable = 65536;
  if (*most != 0 && (*count * 2 > *most || *most < comfortable)) {
    f.health = Health::limited;
    f.remedy =
        "a full table drops packets, also others': raise net.netfilter.nf_conntrack_max, or exempt the scan (notrack)";
  }
  return f;
}

Finding check_local_ports() {
  Finding f{"local ports", "", Health::good, ""};
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  uint64_t low = 0, high = 0;
  if (!(file >> low >> high) || high < low) {
    f.found = "the range cannot be read here";
    return f;
  }
  f.found = fmt::format("{} to {}: {} connections to one address and port", low, high, high - low + 1);
  if (high - low < 10000) {
    f.health = Health::limited;
    f.remedy = "sysctl net.ipv4.ip_local_port_range=\"32768 60999\"";
  }
  return f;
}

std::vector<Finding> check_oui_files(const std::vector<std::string>& files) {
  constexpr std::time_t old = 2 * 365 * 86400;
  std::vector<Finding> out;
  for (const std::string& file : files) {
    Finding f{"vendor data", file, Health::good, ""};
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0 || ::access(file.c_str(), R_OK) != 0) {
      f.found += ": " + std::string(std::strerror(errno));
      f.health = Health::limited;
      f.remedy = "MAC addresses get no vendor: apt install ieee-data, or arp-oui's option oui_files";
    } else {
      f.found += fmt::format(" of {:%Y-%m-%d}", fmt::gmtime(info.st_mtime));
      if (std::time(nullptr) - info.st_mtime > old) {
        f.health = Health::limited;
        f.remedy = "new vendors are missing: update-ieee-data";
      }
    }
    out.push_back(std::move(f));
  }
  return out;
}

Finding check_resolver(const std::string& path) {
  Finding f{"resolver", "", Health::good, ""};
  std::ifstream file(path);
  std::string line;
  bool wrong = false;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key, server;
    if (!(words >> key >> server) || key != "nameserver") continue;
    // glibc takes zones that this machine does not have; so only the part before the zone must be an address.
    const bool valid = IpAddress::parse(server.substr(0, server.find('%'))).has_value();
    f.found += (f.found.empty() ? "" : ", ") + server + (valid ? "" : " (no address)");
    wrong = wrong || !valid;
  }
  if (f.found.empty()) f.found = "no nameserver in " + path;
  if (wrong || f.found.rfind("no nameserver", 0) == 0) {
    f.health = Health::limited;
    f.remedy = "names are not found unless rdns's option servers is set: write `nameserver ADDRESS` into " + path;
  }
  return f;
}

}  // namespace sonde::core::cli
