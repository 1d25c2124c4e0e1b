// The rules of a run as documents: for a probe that hands its questions to a program of its own, which must keep them
// too.
#pragma once
#include <string>

#include "plan/plan.hpp"

namespace sonde::core {

/// {"packets_per_second":1000,"connections_per_host":2,"allow_print_ports":false}; 0: unlimited.
std::string limits_document(const Plan&);
/// The exclusions as networks, one a line: "10.0.0.0/30\n2001:db8::7/128\n".
std::string exclusions_document(const Plan&);

}  // namespace sonde::core
