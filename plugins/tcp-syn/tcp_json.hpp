// The field `tcp`, in the form that tcp-banner gives it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::tcp_syn {

// What became of the ports that are not open, each sorted.
struct OtherPorts {
  std::vector<uint16_t> closed;    // the host refused
  std::vector<uint16_t> silent;    // nothing came
  std::vector<uint16_t> filtered;  // an ICMP error came instead
  std::vector<uint16_t> unasked;   // the time was up, or this machine refused to send
};
// {"closed":[...],"silent":[...]}, and the other two when there are any.
std::string tcp_json(const OtherPorts&);

}  // namespace sonde::tcp_syn
