// The options of nmap that a pipeline may give, checked one by one against a list, and the command line of a run.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "rules.hpp"
#include "scripts_installed.hpp"

namespace sonde::nmap_xml {

/// Option "args", checked. What is not on the list is refused, for whoever writes a pipeline must not be able to widen
/// its scope, read or write files, or send packets in somebody else's name through nmap.
struct ExtraArguments {
  std::vector<std::string> words;                     ///< as nmap takes them, --script left out
  std::string scripts;                                ///< value of --script, or empty
  std::string exclude_ports;                          ///< of --exclude-ports
  bool chooses_ports = false;                         ///< -F, --top-ports
  bool connects = false;                              ///< -sT
  bool needs_raw = false;                             ///< -sU, -sS, --traceroute
  uint64_t min_parallelism = 0, max_parallelism = 0;  ///< 0: not given

  /// Throws a sonde::Failure that names each word which is refused, and why.
  static ExtraArguments check(const std::vector<std::string>& args, const InstalledScripts&);

 private:
  void add(const std::string& word, const InstalledScripts&);
};

/// What one nmap is started with.
struct CommandLine {
  std::string program, ports;  ///< ports: "22,80", or empty for nmap's own 1000
  ExtraArguments extra;
  bool privileged = false, os = false;
  bool v6 = false;
  double max_rate = 0;           ///< packets a second; 0: unlimited
  uint64_t max_parallelism = 0;  ///< what the limits leave; 0: nmap decides
  int64_t host_timeout = 0;      ///< ns
  bool allow_print_ports = false;
  std::string exclude_file;  ///< path that the child can open

  std::vector<std::string> words() const;
};

/// "22,80,8000-8010" of sorted or unsorted ports.
std::string port_list(std::vector<uint64_t> ports);

}  // namespace sonde::nmap_xml
