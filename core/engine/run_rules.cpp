#include "engine/run_rules.hpp"

#include <fmt/format.h>

namespace sonde::core {

std::string limits_document(const Plan& plan) {
  return fmt::format(R"({{"packets_per_second":{},"connections_per_host":{},"allow_print_ports":{}}})",
                     plan.limits.packets_per_second, plan.limits.connections_per_host,
                     plan.scope.rules().allow_print_ports);
}

std::string exclusions_document(const Plan& plan) {
  std::string out;
  for (const Cidr& block : plan.scope.exclusions().to_blocks()) out += block.to_string() + "\n";
  return out;
}

}  // namespace sonde::core
