// What a report says about one host, in the shape of the record: JSON parts are written already. Texts are as hostile
// as the hosts they came from.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::nmap_xml {

using Address = std::array<uint8_t, 16>;  ///< v4 is mapped; a zone is left out

struct Port {
  uint16_t number = 0;
  std::string protocol, state;                               ///< "tcp", "open"
  std::string banner;                                        ///< masscan's
  std::vector<std::pair<std::string, std::string>> members;  ///< of the entry in "services": name and JSON
  std::string scripts;                                       ///< JSON object by script id, or empty
  std::string key() const { return std::to_string(number) + "/" + protocol; }
};

struct States {
  std::string state;
  uint64_t count = 0;
};

struct Host {
  std::string state, reason;  ///< "up", "echo-reply"; empty in masscan's
  bool timed_out = false;     ///< nmap gave up on it
  std::vector<Address> addresses;
  std::string zone;  ///< of the first address, if the report names one
  std::string mac, vendor;
  std::vector<std::pair<std::string, std::string>> names;  ///< type ("PTR", "user") and name
  std::vector<Port> ports;
  std::vector<States> others;  ///< extraports
  std::string scripts;         ///< of the host: JSON object by script id, or empty
  std::string os, trace, uptime;
  std::optional<uint64_t> distance;
  int64_t time = 0;  ///< seconds since the epoch, of the end of its scan; 0: not said

  bool down() const { return state == "down"; }
  /// Whether a packet came back from it: up by an answer and not by the word of whoever scanned, or a port that
  /// answered.
  bool answered() const;
  /// Whether it says more than that.
  bool informative() const;
  /// Adds what another element says about the same host. What is here already wins.
  void merge(Host&& other);
  /// After the last merge(): each port once, sorted, with all that was said about it.
  void fold_ports();
};

}  // namespace sonde::nmap_xml
