// Between the values of the ABI and those of the inventory: checked, cleaned and copied on the way in.
#pragma once
#include <sonde/plugin.h>

#include <span>
#include <string_view>
#include <vector>

#include "inventory/put.hpp"
#include "inventory/record.hpp"
#include "targets/scope.hpp"

namespace sonde::core {

/// The view lives as long as the scalar.
sonde_value to_abi(const Scalar&);

/// The items of one field among facts in stage order: for a scalar the first stage's, for a list all distinct, for a
/// map the first of each key.
uint32_t count_items(const Field&, FieldId, std::span<const Fact>);
const Fact* find_item(const Field&, FieldId, std::span<const Fact>, uint32_t item);

/// Fills a sonde_target as far as its size says.
sonde_err write_target(const IpAddress&, std::string_view name, sonde_target* out);
IpAddress address_of(const sonde_target&);
/// A copy of at most what the plugin's struct has, zero beyond.
sonde_target read_target(const sonde_target&);

/// sockaddr for connect(); returns its length.
uint32_t to_sockaddr(const IpAddress&, uint16_t port, struct ::sockaddr_storage* out);

}  // namespace sonde::core
