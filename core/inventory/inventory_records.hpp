// The records of one inventory by address, as JSON text in a spool: 32 bytes a record stay in memory.
#pragma once
#include <deque>
#include <string_view>

#include "base/ip_address.hpp"
#include "base/spool.hpp"
#include "base/value.hpp"

namespace sonde::core {

class InventoryRecords {
 public:
  InventoryRecords() = default;
  explicit InventoryRecords(std::size_t most_in_memory) : spool_(most_in_memory) {}

  /// `json`: one object, at most 4 GiB. Of two records of one address the later counts.
  void add(const IpAddress&, std::string_view json);
  /// After the last add(), before the readers below.
  void sort();

  std::size_t size() const { return entries_.size(); }
  const IpAddress& ip(std::size_t i) const { return entries_[i].ip; }
  /// Failure: "temporary-file", it cannot be read back.
  Result<Value> read(std::size_t i) const;

 private:
  struct Entry {
    IpAddress ip;
    uint32_t size = 0;
    uint64_t offset = 0;
  };
  Spool spool_;
  std::deque<Entry> entries_;
};

}  // namespace sonde::core
