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

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/ip_address.hpp"
#include "cli/doctor_checks.hpp"
#include "targets/scope.hpp"

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

/// Addresses of the largest IPv4 network that this machine is connected to; 0: that is not known.
uint64_t largest_connected() {
  uint64_t most = 0;
  for (const ConnectedPrefix& c : connected_prefixes().value_or(std::vector<ConnectedPrefix>()))
    if (c.own.is_v4() && c.prefix.length <= 32) most = std::max(most, uint64_t{1} << (32 - c.prefix.length));
  return most;
}

/// `network`: how many addresses may have to be resolved at once; 0: that is not known.
Finding check_neighbours(const char* subject, const std::string& family, const std::string& table, uint64_t network) {
  Finding f{subject, "", Health::good, ""};
  const std::string base = "/proc/sys/net/" + family + "/neigh/default/gc_thresh";
  const auto hard = number_in(base + "3");
  const auto entries = neighbour_entries(table);
  if (!hard) {
    // A network namespace of its own has no such file; the table is that of the whole machine.
    f.found = "the size of the table is not told here";
    f.health = Health::unknown;
    f.remedy = fmt::format("read it outside the container: sysctl net.{}.neigh.default.gc_thresh3", family);
    return f;
  }
  f.found = fmt::format("room for {}{}", *hard, entries ? fmt::format(", {} used", *entries) : std::string());
  const auto raise = [&](uint64_t to) {
    return fmt::format("sysctl -w net.{0}.neigh.default.gc_thresh2={1} net.{0}.neigh.default.gc_thresh3={1}", family,
                       to);
  };
  if (entries && *entries * 2 > *hard) {
    f.health = Health::limited;
    f.remedy = "more than half is in use, and neighbours are asked slowly: " + raise(*hard * 4);
  } else if (network > *hard / 2) {
    f.health = Health::limited;
    f.remedy = fmt::format("a network of {} addresses is connected; without arp-oui it is asked slowly: {}", network,
                           raise(std::bit_ceil(network * 2)));
  }
  return f;
}

}  // namespace

std::string groups_text(uint64_t low, uint64_t high) {
  // The kernel's way to write an empty range.
  if (low > high) return "net.ipv4.ping_group_range lets no group open them";
  return low == high ? fmt::format("for group {}", low) : fmt::format("for groups {} to {}", low, high);
}

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
  f.remedy =
      "arp-oui and tcp-syn need them, icmp is faster with them: run as root, or grant CAP_NET_RAW (docs/operations.md)";
  return f;
}

Finding check_ping_sockets(bool raw) {
  Finding f{"ping sockets", "", Health::good, ""};
  std::ifstream file("/proc/sys/net/ipv4/ping_group_range");
  uint64_t low = 1, high = 0;
  const bool told = static_cast<bool>(file >> low >> high);
  const std::string groups = !told ? "" : " (" + groups_text(low, high) + ")";
  std::string why;
  if (can_open(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, why)) {
    f.found = "allowed" + groups;
    return f;
  }
  if (raw) {
    f.found = "not needed, raw sockets are allowed" + groups;
    return f;
  }
  f.found = why + groups;
  f.health = Health::limited;
  f.remedy = "icmp needs them where raw sockets are not allowed: sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"";
  return f;
}

Finding check_descriptors() {
  Finding f{"descriptors", "", Health::good, ""};
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    f.found = std::strerror(errno);
    f.health = Health::limited;
    f.remedy = "the limit of open files cannot be read";
    return f;
  }
  const bool unlimited = limit.rlim_max == RLIM_INFINITY;
  f.found = fmt::format("{} now, {} at most (raised when a run starts)", limit.rlim_cur,
                        unlimited ? "unlimited" : std::to_string(limit.rlim_max));
  constexpr rlim_t comfortable = 16384;
  if (!unlimited && limit.rlim_max < comfortable) {
    f.health = Health::limited;
    f.remedy = "few connections at once; raise it with ulimit -Hn 65536, or LimitNOFILE= of the service";
  }
  return f;
}

std::vector<Finding> check_neighbour_tables() {
  // No IPv6 network is small enough to be asked address by address.
  return {check_neighbours("neighbours, IPv4", "ipv4", "arp_cache", largest_connected()),
          check_neighbours("neighbours, IPv6", "ipv6", "ndisc_cache", 0)};
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
        "a full table drops everybody's packets: raise net.netfilter.nf_conntrack_max, or exempt the scan (notrack)";
  }
  return f;
}

Finding check_local_ports() {
  Finding f{"local ports", "", Health::good, ""};
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  uint64_t low = 0, high = 0;
  if (!(file >> low >> high) || high < low) {
    f.found = "the range is not told here";
    f.health = Health::unknown;
    f.remedy = "read it outside the container: sysctl net.ipv4.ip_local_port_range";
    return f;
  }
  f.found = fmt::format("{} to {}, for {} connections to one address and port", low, high, high - low + 1);
  if (high - low < 10000) {
    f.health = Health::limited;
    f.remedy = "many connections to one host wait for a port: sysctl -w net.ipv4.ip_local_port_range=\"32768 60999\"";
  }
  return f;
}

std::vector<Finding> check_oui_files(const std::vector<std::string>& files) {
  constexpr std::time_t old = 2 * 365 * 86400;
  struct Kind {
    Finding finding;
    std::string directory, end;
    std::time_t oldest = 0;
  };
  Kind fine{{"vendor data", "", Health::good, ""}, "", ""};
  Kind stale{{"vendor data", "", Health::limited, "cards of newer vendors are not known: update-ieee-data"}, "", ""};
  Kind absent{{"vendor data", "", Health::limited,
               "MAC addresses get no vendor from there: apt install ieee-data, or set oui_files of arp-oui"},
              "",
              ""};
  const auto add = [](Kind& to, const std::string& file) {
    const auto slash = file.rfind('/') + 1;  // 0 without one
    const bool same = !to.finding.found.empty() && file.substr(0, slash) == to.directory;
    to.finding.found += (to.finding.found.empty() ? "" : ", ") + (same ? file.substr(slash) : file);
    to.directory = file.substr(0, slash);
  };
  for (const std::string& file : files) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0 || ::access(file.c_str(), R_OK) != 0) {
      absent.end = std::string(": ") + std::strerror(errno);
      add(absent, file);
      continue;
    }
    Kind& kind = std::time(nullptr) - info.st_mtime > old ? stale : fine;
    kind.oldest = kind.oldest == 0 ? info.st_mtime : std::min(kind.oldest, info.st_mtime);
    kind.end = fmt::format(" of {:%Y-%m-%d}", fmt::gmtime(kind.oldest));
    add(kind, file);
  }
  std::vector<Finding> out;
  for (Kind* kind : {&fine, &stale, &absent}) {
    if (kind->finding.found.empty()) continue;
    kind->finding.found += kind->end;
    out.push_back(std::move(kind->finding));
  }
  return out;
}

Finding check_output_directory(const std::string& path) {
  Finding f{"output directory", path, Health::good, ""};
  std::filesystem::path place(path);
  std::error_code ec;
  while (!std::filesystem::exists(place, ec) && place.has_relative_path()) place = place.parent_path();
  if (place != path) f.found += " (will be made)";
  const bool directory = std::filesystem::is_directory(place, ec);
  if (directory && ::access(place.c_str(), W_OK | X_OK) == 0) return f;
  f.found += ": " + place.string() + (directory ? std::string(" is not writable") : std::string(" is no directory"));
  f.health = Health::bad;
  f.remedy = "name another with output_dir: or --output, or change its owner";
  return f;
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
  if (f.found.empty())
    f.found = "no nameserver in " + path;
  else
    f.found += "; not asked, doctor sends nothing";
  if (wrong || f.found.rfind("no nameserver", 0) == 0) {
    f.health = Health::limited;
    f.remedy =
        "no name is found without one: write `nameserver ADDRESS` into " + path + ", or set the option servers of rdns";
  }
  return f;
}

}  // namespace sonde::core::cli
