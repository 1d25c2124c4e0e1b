// What goes into the record as JSON: services["22/tcp"], and tcp.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "recognise.hpp"
#include "tls_session.hpp"

namespace sonde::tcp_banner {

/// {"state":"open","name":...}; `tls` is null when TLS was not spoken. Valid JSON, whatever the texts hold.
std::string service_json(const Service&, const TlsSummary* tls);

/// What became of the ports that are not open.
struct OtherPorts {
  std::vector<uint16_t> closed;   ///< the host refused
  std::vector<uint16_t> silent;   ///< nothing came, or an ICMP error that anybody on the way can send
  std::vector<uint16_t> skipped;  ///< sonde did not ask: out of scope, a print port
  std::vector<uint16_t> unasked;  ///< the time was up
};
/// {"closed":[...],"silent":[...]}, and the other two when there are any. Sorted.
std::string tcp_json(const OtherPorts&);

}  // namespace sonde::tcp_banner
