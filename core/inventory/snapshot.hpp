// What the readers and the comparison of inventories share.
#pragma once
#include <optional>

#include "base/ip_address.hpp"
#include "base/value.hpp"

namespace sonde::core {

/// The address of an exported record. A zone that this machine does not know gets a number of its own, so that the same
/// text is always the same address.
std::optional<IpAddress> address_of(const Value& record);

}  // namespace sonde::core
