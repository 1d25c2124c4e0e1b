// The servers that a stage's options name (x-sonde: service): outside the scope rules, but no others are.
#pragma once
#include <vector>

#include "base/ip_address.hpp"
#include "config/schema.hpp"

namespace sonde::core {

/// Addresses of every option of format service, sorted. Texts that are no address are passed over.
std::vector<IpAddress> services_of(const Value& options, const Schema& schema);
/// Whether it has such an option, given or not.
bool names_services(const Schema&);

}  // namespace sonde::core
