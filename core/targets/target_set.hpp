// The set of addresses of a run: disjoint sorted ranges, minus the exclusions, addressable by index in O(log ranges).
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ip_address.hpp"

namespace sonde::core {

struct AddressRange {
  IpAddress first{};
  IpAddress last{};               ///< inclusive; same family and zone as first
  std::string to_string() const;  ///< "10.0.0.1-10.0.0.254", or a lone address
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// Sorted, disjoint, merged; v4 and v6 and zones side by side, one after the other. A link-local range without a zone
/// stands for every zone when it is asked for or subtracted (exclusions are written so).
class AddressSet {
 public:
  void add(AddressRange);
  void add(const IpAddress& a) { add(AddressRange{a, a}); }
  void add(const Cidr& c) { add(AddressRange{c.first(), c.last()}); }
  void add(const AddressSet&);
  void subtract(const AddressSet&);
  /// Sorts and merges. Readers below want it called after the last add().
  void normalise();
  bool contains(const IpAddress&) const;
  const std::vector<AddressRange>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  /// Number of addresses, saturated at 2^64-1.
  uint64_t size() const;
  std::vector<Cidr> to_blocks() const;          ///< the fewest networks that hold the same addresses, in order
  std::vector<std::string> to_strings() const;  ///< of each range, in order

 private:
  std::vector<AddressRange> ranges_;
  std::size_t compact_at_ = 1u << 16;  // so that a list with many repetitions does not grow without need
  bool normal_ = true;
};

/// What is scanned: constant after construction, read by all shards.
class TargetSet {
 public:
  TargetSet() = default;
  explicit TargetSet(AddressSet addresses, std::unordered_map<IpAddress, std::string> names = {});
  uint64_t size() const { return total_; }
  IpAddress at(uint64_t index) const;  ///< index < size()
  bool contains(const IpAddress& a) const { return addresses_.contains(a); }
  /// The name an address was given as, or empty.
  const std::string& name_of(const IpAddress&) const;
  const AddressSet& addresses() const { return addresses_; }
  const std::unordered_map<IpAddress, std::string>& names() const { return names_; }

 private:
  AddressSet addresses_;
  std::unordered_map<IpAddress, std::string> names_;
  std::vector<uint64_t> before_;  ///< addresses before each range
  uint64_t total_ = 0;
};

}  // namespace sonde::core
