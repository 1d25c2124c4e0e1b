// Which DNS servers to ask: those of the option, else those of resolv.conf.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dns_message.hpp"

namespace sonde::rdns {

struct Server {
  Address address{};
  uint16_t port = 53;
  std::string text;  ///< as it was written, for messages
  friend bool operator==(const Server&, const Server&) = default;
};

/// "10.0.0.1", "10.0.0.1:5353", "fe00::1", "[fe00::1]:5353". sonde::OptionFailure of that entry of the option "servers"
/// when it is none of these.
Server parse_server(std::string_view text, size_t entry = 0);
/// The `nameserver` lines; what cannot be asked (a zone, which c-ares 1.18 does not know) is left out.
std::vector<Server> parse_resolv_conf(std::string_view text);
/// The option's, or those of the file. sonde::Failure with the remedy when there are none.
std::vector<Server> choose_servers(const std::vector<std::string>& option, const std::string& resolv_conf);

}  // namespace sonde::rdns
