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
void field_items(const Field&, FieldId, std::span<const Fact>, std::vector<uint32_t>& out);

/// The same, kept for the task that asked last: a plugin reads item after item, and a list may have 65,535.
class FieldItems {
 public:
  /// Positions in `known`, which does not change while the task lasts. The reference lives until the next call.
  const std::vector<uint32_t>& of(sonde_task, const Field&, FieldId, std::span<const Fact> known);

 private:
  struct Kept {
    FieldId field;
    sonde_task task;
    std::vector<uint32_t> items;
  };
  std::vector<Kept> kept_;
};

/// Fills a sonde_target as far as its size says.
sonde_err write_target(const IpAddress&, std::string_view name, sonde_target* out);
IpAddress address_of(const sonde_target&);
/// A copy of at most what the plugin's struct has, zero beyond.
sonde_target read_target(const sonde_target&);

/// sockaddr for connect(); returns its length.
uint32_t to_sockaddr(const IpAddress&, uint16_t port, struct ::sockaddr_storage* out);

}  // namespace sonde::core
